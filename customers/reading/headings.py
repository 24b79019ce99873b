"""Which column of a source of customers or contact persons holds what: known headings in English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from common.reading.layout import (
    FindLayout,
    HeadedRow,
    Layout,
    by_heading,
    column_letters,
    filled_rows,
    fold,
    guess_columns,
    headings_of,
    width_of,
)

CUSTOMERS: Final = "customers"
CONTACT_PEOPLE: Final = "contact-people"

_CUSTOMER_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "code": (
        "code", "customercode", "customerno", "customernumber", "groupcode", "groupid", "customerid",
        "编码", "客户编码", "客户编号", "客户代码", "集团编码", "集团编号", "集团代码", "集团客户编码", "集团客户编号",
    ),
    "name": (
        "name", "customername", "customer", "company", "companyname", "groupname",
        "名称", "客户名称", "集团名称", "单位名称", "公司名称", "企业名称", "集团客户名称", "客户全称",
    ),
    "short_name": ("shortname", "abbreviation", "简称", "客户简称", "集团简称", "单位简称"),
    "credit_code": (
        "creditcode", "unifiedsocialcreditcode", "uscc",
        "统一社会信用代码", "社会信用代码", "信用代码", "营业执照号", "税号", "纳税人识别号",
    ),
    "industry": ("industry", "industrycode", "sector", "行业", "所属行业", "行业分类", "行业编码"),
    "scale": ("scale", "size", "规模", "企业规模", "客户规模", "单位规模"),
    "level": ("level", "customerlevel", "grade", "等级", "客户等级", "级别", "客户级别", "价值等级"),
    "value_score": ("valuescore", "score", "价值评分", "价值分", "评分"),
    "lifecycle": ("lifecycle", "lifecyclestate", "stage", "生命周期", "生命周期状态", "客户状态", "状态"),
    "region": ("region", "regioncode", "city", "area", "地区", "区域", "所在地区", "所在地", "城市", "地市", "行政区划"),
    "address": ("address", "地址", "客户地址", "单位地址", "公司地址", "通信地址", "详细地址"),
    "parent": ("parent", "parentcustomer", "parentcode", "上级客户", "上级客户编码", "上级集团", "上级编码", "母公司", "上级单位"),
    "manager": ("manager", "accountmanager", "owner", "客户经理", "客户经理工号", "客户经理姓名", "负责人"),
    "org_unit": (
        "orgunit", "unit", "organization", "organisation", "department",
        "组织机构", "归属机构", "机构", "所属机构", "归属部门", "所属单位", "归属单位", "组织",
    ),
    "bank_name": ("bank", "bankname", "开户行", "开户银行", "银行"),
    "bank_account": ("bankaccount", "account", "accountnumber", "银行账号", "银行帐号", "账号", "帐号", "银行账户"),
    "credit_limit": ("creditlimit", "信用额度", "授信额度", "信用限额"),
    "source": ("source", "来源", "客户来源"),
    "remark": ("remark", "remarks", "note", "notes", "comment", "备注", "说明"),
}  # fmt: skip
_CONTACT_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "customer": (
        "customer", "customercode", "customerno", "groupcode", "company",
        "客户", "客户编码", "客户编号", "客户代码", "集团编码", "集团编号", "集团代码", "集团客户编码", "客户名称", "所属客户",
    ),
    "name": ("name", "contact", "contactname", "contactperson", "fullname", "姓名", "联系人", "联系人姓名", "名字"),
    "title": ("title", "jobtitle", "position", "职务", "职位", "岗位", "头衔"),
    "role": ("role", "contactrole", "角色", "联系人角色", "决策角色"),
    "phone": (
        "phone", "phonenumber", "mobile", "mobilenumber", "telephone", "tel",
        "电话", "联系电话", "手机", "手机号", "手机号码", "电话号码",
    ),
    "email": ("email", "mail", "emailaddress", "邮箱", "电子邮箱", "电子邮件", "邮件"),
    "id_type": ("certificatetype", "idtype", "证件类型", "证件种类"),
    "id_number": ("idnumber", "certificatenumber", "idno", "证件号码", "证件号", "身份证号", "身份证号码", "身份证"),
    "birthday": ("birthday", "birthdate", "dateofbirth", "生日", "出生日期", "出生年月日"),
    "preferences": ("preferences", "preference", "hobbies", "偏好", "喜好", "爱好", "兴趣爱好"),
    "reports_to": ("reportsto", "superior", "supervisor", "boss", "汇报给", "汇报对象", "上级", "直接上级", "上级领导", "上级联系人"),
    "attitude": ("attitude", "stance", "态度", "立场"),
    "influence": ("influence", "影响力", "影响程度"),
    "is_key_person": ("keyperson", "key", "关键人", "是否关键人", "关键联系人"),
    "do_not_contact": ("donotcontact", "nocontact", "勿扰", "请勿联系", "免打扰", "禁止联系"),
}  # fmt: skip
FIELDS: Final[dict[str, dict[str, tuple[str, ...]]]] = {CUSTOMERS: _CUSTOMER_FIELDS, CONTACT_PEOPLE: _CONTACT_FIELDS}


def finder(subject: str, more: dict[str, list[str]]) -> FindLayout:
    """How to lay out a source of `subject`; `more` are the headings, not yet folded, of fields that an installation has added."""
    known = by_heading(FIELDS[subject])
    known |= {folded: name for name, headings in more.items() for heading in headings if (folded := fold(heading)) and folded not in known}

    def find_layout(rows: Sequence[HeadedRow]) -> Layout:
        """The headings are the row with the most known ones; where none is known, the first row that holds anything."""
        filled = filled_rows(rows)
        if not filled:
            return Layout(0, [])
        line, cells = max(filled, key=lambda row: len(guess_columns(known, row[1])))
        if not guess_columns(known, cells):
            line, cells = filled[0]
        width = width_of(filled)
        if len(filled) == 1 and not guess_columns(known, cells):
            return Layout(0, column_letters(width))
        return Layout(line, headings_of(cells, width), guess_columns(known, cells))

    return find_layout
