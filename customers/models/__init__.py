"""Group customers, the people in them, and who has owned them when."""

from customers.grants import CustomerGroupObjectPermission, CustomerUserObjectPermission
from customers.models.attributes import AttributeChoice, AttributeDefinition, AttributeKind
from customers.models.changes import LifecycleChange, OwnershipChange
from customers.models.customer import Customer, CustomerLevel, CustomerScale, Lifecycle
from customers.models.dictionaries import Industry, Region
from customers.models.duplicates import (
    CustomerMerge,
    DuplicatePair,
    DuplicateRule,
    DuplicateSign,
    MergedRows,
    MergeState,
    PairState,
)
from customers.models.hand_overs import LEFT_ALONE, OPEN_STATES, HandOver, HandOverItem, HandOverRule, HandOverState, ItemState
from customers.models.imports import DataImport, ImportLayout, ImportRow, ImportState, ImportSubject
from customers.models.lifecycle import Comparison, LifecycleProposal, LifecycleReason, LifecycleRule, ProposalState
from customers.models.people import Attitude, CertificateType, ContactPerson, ContactRole, Influence
from customers.models.relations import CustomerRelation, RelationKind
from customers.models.scoring import CustomerScore, LevelOverride, LevelThreshold, ScoreRun, ScoringBand, ScoringRule
from customers.models.tags import CustomerTag, Tag, TagColour

__all__ = (
    "LEFT_ALONE",
    "OPEN_STATES",
    "Attitude",
    "AttributeChoice",
    "AttributeDefinition",
    "AttributeKind",
    "CertificateType",
    "Comparison",
    "ContactPerson",
    "ContactRole",
    "Customer",
    "CustomerGroupObjectPermission",
    "CustomerLevel",
    "CustomerMerge",
    "CustomerRelation",
    "CustomerScale",
    "CustomerScore",
    "CustomerTag",
    "CustomerUserObjectPermission",
    "DataImport",
    "DuplicatePair",
    "DuplicateRule",
    "DuplicateSign",
    "HandOver",
    "HandOverItem",
    "HandOverRule",
    "HandOverState",
    "ImportLayout",
    "ImportRow",
    "ImportState",
    "ImportSubject",
    "Industry",
    "Influence",
    "ItemState",
    "LevelOverride",
    "LevelThreshold",
    "Lifecycle",
    "LifecycleChange",
    "LifecycleProposal",
    "LifecycleReason",
    "LifecycleRule",
    "MergeState",
    "MergedRows",
    "OwnershipChange",
    "PairState",
    "ProposalState",
    "Region",
    "RelationKind",
    "ScoreRun",
    "ScoringBand",
    "ScoringRule",
    "Tag",
    "TagColour",
)
