"""Words that names of people, organisations and departments are made of."""

from __future__ import annotations

from typing import Final

SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
GIVEN_CHARACTERS: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红梅建国志文斌宇浩凯健俊帆雪琳晨婷颖欣怡"
    "佳慧莹雯琪瑶萌思源子涵博睿泽楠翔鹏飞龙海波东升春兰青云月晓琴凤鸣立新永康家豪嘉宁安然雨泉松柏"
)
BRAND_FIRST: Final = "远启恒瑞盛华鼎天泰宏锦嘉金博汇信德众康隆安卓凯翔万兴联腾诚创荣晟景润沃新祥裕卓弘昌正铭"
BRAND_SECOND: Final = "岚明达丰源泰航科辰和晖宇通益成美晟峰邦豪洋利川奥达尔特朗诺维嘉晨星海峻浩方远桥泽鑫伦"

# Industry code: (English, Chinese, whether its customers own many IoT cards, departments)
INDUSTRIES: Final[dict[str, tuple[str, str, bool, str]]] = {
    "HEALTH": ("Health care", "医疗", False, "内科 外科 儿科 急诊科 护理部 药剂科 检验科 影像科 信息科 院办 后勤保障部 医务科"),
    "GOV": ("Government", "党政机关", False, "办公室 人事科 财务科 法制科 信息中心 业务一科 业务二科 窗口服务科 监察室"),
    "POLICE": (
        "Public security",
        "公安政法",
        True,
        "指挥中心 刑侦大队 治安大队 交警大队 网安大队 户政科 东湖派出所 新城派出所 政治处 后勤处",
    ),
    "CUSTOMS": ("Customs and tax", "海关税务", False, "办公室 监管通关处 稽查处 征管科 纳税服务科 技术处 人事教育处 财务处"),
    "EDU": (
        "Education",
        "教育",
        False,
        "教务处 学生处 总务处 图书馆 信息中心 计算机学院 外语学院 高一年级组 高二年级组 后勤集团 保卫处",
    ),
    "FINANCE": ("Finance", "金融", False, "营业部 公司业务部 个人金融部 风险管理部 运营管理部 信息科技部 客户服务中心 综合管理部"),
    "ENERGY": ("Energy and utilities", "能源公用", True, "调度中心 营销部 运维检修部 安全监察部 物资部 客户服务中心 财务资产部 抄表班"),
    "TRANSPORT": ("Transport", "交通运输", True, "调度指挥中心 运营部 安检部 票务部 车辆段 客运部 维修工程部 综合办公室"),
    "LOGISTICS": ("Logistics", "物流仓储", True, "仓储部 配送一部 配送二部 车队 客服部 调度室 结算部 综合部"),
    "MANUFACTURE": (
        "Manufacturing",
        "制造业",
        True,
        "一车间 二车间 三车间 品质部 采购部 设备部 研发部 销售部 仓储部 人力资源部 总经办",
    ),
    "SOFTWARE": ("Software and internet", "软件互联网", False, "研发一部 研发二部 测试部 产品部 实施部 运维部 市场部 销售部 行政部"),
    "HOTEL": ("Hotels and catering", "酒店餐饮", False, "前厅部 客房部 餐饮部 工程部 保安部 销售部 财务部 人事部"),
    "RETAIL": ("Retail and trade", "商贸零售", False, "门店运营部 采购部 电商部 仓储部 市场部 财务部 行政部 客服中心"),
    "BUILD": ("Construction and property", "建筑地产", False, "工程部 预算部 安全部 第一项目部 第二项目部 物业管理处 财务部 综合办"),
}

# What a public body is called after its place: (industry, name, short name)
CITY_BODIES: Final = (
    ("HEALTH", "第一人民医院", "市一医院"),
    ("HEALTH", "第二人民医院", "市二医院"),
    ("HEALTH", "第三人民医院", "市三医院"),
    ("HEALTH", "中医院", "市中医院"),
    ("HEALTH", "妇幼保健院", "市妇幼"),
    ("HEALTH", "儿童医院", "市儿童医院"),
    ("HEALTH", "口腔医院", "市口腔"),
    ("HEALTH", "疾病预防控制中心", "市疾控"),
    ("POLICE", "公安局", "市公安局"),
    ("POLICE", "中级人民法院", "市中院"),
    ("POLICE", "人民检察院", "市检察院"),
    ("POLICE", "司法局", "市司法局"),
    ("CUSTOMS", "税务局", "市税务局"),
    ("GOV", "人民政府办公室", "市府办"),
    ("GOV", "财政局", "市财政局"),
    ("GOV", "民政局", "市民政局"),
    ("GOV", "市场监督管理局", "市市监局"),
    ("GOV", "气象局", "市气象局"),
    ("GOV", "应急管理局", "市应急局"),
    ("GOV", "文化和旅游局", "市文旅局"),
    ("EDU", "教育局", "市教育局"),
    ("EDU", "第一中学", "市一中"),
    ("EDU", "第二中学", "市二中"),
    ("EDU", "第七中学", "市七中"),
    ("EDU", "实验小学", "市实小"),
    ("EDU", "职业技术学院", "市职院"),
    ("EDU", "外国语学校", "市外校"),
    ("EDU", "师范学院", "市师院"),
    ("EDU", "理工大学", "市理工"),
    ("ENERGY", "自来水公司", "市自来水"),
    ("ENERGY", "燃气集团有限公司", "市燃气"),
    ("ENERGY", "热力公司", "市热力"),
    ("TRANSPORT", "公共交通集团有限公司", "市公交"),
    ("TRANSPORT", "交通运输局", "市交运局"),
    ("GOV", "图书馆", "市图书馆"),
    ("FINANCE", "住房公积金管理中心", "市公积金"),
)
DISTRICT_BODIES: Final = (
    ("HEALTH", "人民医院", "医院"),
    ("HEALTH", "中医院", "中医院"),
    ("HEALTH", "社区卫生服务中心", "卫生中心"),
    ("POLICE", "公安分局", "公安分局"),
    ("POLICE", "人民法院", "法院"),
    ("CUSTOMS", "税务局", "税务局"),
    ("GOV", "人民政府办公室", "政府办"),
    ("GOV", "行政审批局", "审批局"),
    ("EDU", "教育局", "教育局"),
    ("EDU", "第一中学", "一中"),
    ("EDU", "第二中学", "二中"),
    ("EDU", "中心小学", "中心小学"),
    ("EDU", "第一幼儿园", "一幼"),
    ("EDU", "实验学校", "实验学校"),
    ("TRANSPORT", "汽车客运站", "客运站"),
    ("FINANCE", "农村信用合作联社", "农信联社"),
    ("ENERGY", "供电公司", "供电"),
)

# What a firm's name says after its brand, by industry. An industry with more words has more firms.
TRADES: Final[dict[str, str]] = {
    "HEALTH": "体检中心 口腔门诊部 医药 医疗器械",
    "EDU": "培训学校 教育科技 国际学校",
    "FINANCE": "小额贷款 融资担保 保险经纪 村镇银行 证券",
    "ENERGY": "新能源 光伏 环保 水务",
    "TRANSPORT": "客运 汽车租赁 出租汽车 航空服务",
    "LOGISTICS": "物流 供应链 速运 仓储 冷链物流",
    "MANUFACTURE": "机械 电子 汽车配件 纺织 食品 家具 精密制造 化工 啤酒 仪表",
    "SOFTWARE": "软件 网络科技 信息技术 数据科技 智能科技",
    "HOTEL": "大酒店 商务酒店 餐饮管理 度假村",
    "RETAIL": "商贸 百货 超市 医药连锁 家电",
    "BUILD": "建筑工程 置业 物业服务 装饰工程 路桥",
}
FORMS: Final = ("有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司")
ESTABLISHMENTS: Final = frozenset({"体检中心", "口腔门诊部", "培训学校", "国际学校", "大酒店", "商务酒店", "度假村"})

SOURCES: Final = ("走访拓展", "老客户推荐", "招投标", "营业厅转介", "行业活动", "存量迁移")
TITLES: Final[dict[str, str]] = {
    "decision": "总经理 院长 主任 局长 校长 分管副总",
    "influencer": "办公室主任 综合部经理 总监",
    "user": "行政专员 人事专员 办公室科员",
    "finance": "财务科长 财务经理 会计",
    "technical": "信息科主任 IT经理 网络工程师",
}
PREFERENCES: Final = ("", "", "", "工作日上午联系", "短信优先", "邮件优先", "下午三点后联系")
LEFT_REASONS: Final = ("片区调整", "客户经理轮岗", "客户经理休假", "行业专线服务", "组织机构调整")
BLACKLIST_REASONS: Final = ("涉诈举报", "恶意欠费", "冒名办理", "投诉核实", "司法协查")
