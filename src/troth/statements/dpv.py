"""What the W3C Data Privacy Vocabulary calls purposes, and which of them lies in which. Dated data.

Rules
- A term is known if it stands here, written exactly so. What only looks like one (another spelling of the name or of the
  address, the short form `dpv:`) is none.
- A purpose that is called something is called all that it lies in, too: a rule against marketing meets direct marketing.
- A use goes beyond what it was called before with a term that is none of these and lies in none, one that is not known too, and
  where nothing is said any more of what it is.
- All of them lie in `Purpose`: what was called only that goes beyond it with any other term.
- A newer version of the vocabulary is another list; a term that it takes out goes with it.

Source: W3C Data Privacy Vocabulary 2.3, https://github.com/w3c/dpv/blob/f01a55c3c0983e35cdfdf80593ece3353faba7b8/2.3/dpv/
modules/purposes.csv, read on 2026-11-27: every row whose type is Purpose, in its broader rows; one that has none of that
type lies in Purpose alone (RightsFulfilment).
Left out: its extensions, of which nothing is known here; sectors; the words that explain a term.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from troth.names import Uri

__all__ = ["DPV", "LIES_IN", "VERSION", "goes_beyond", "is_known", "looks_like_one", "term_words", "with_wider"]

DPV: Final = "https://w3id.org/dpv#"
VERSION: Final = "2.3"
_ROOT: Final = Uri(f"{DPV}Purpose")
_LOOKS: Final = re.compile(r"dpv:|(https?:)?//(www\.)?w3id\.org/dpv(/[0-9.]+)?/?(#|$)", re.IGNORECASE)
_WORD: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_REMEMBERED: Final = 1_024

LIES_IN: Final = {
    "Purpose": (
        "AccountManagement CommercialPurpose CommunicationManagement CustomerManagement EnforceSecurity "
        "EstablishContractualAgreement FulfilmentOfObligation HumanResourceManagement Marketing "
        "NonCommercialPurpose OrganisationGovernance Personalisation PublicBenefit RecordManagement "
        "ResearchAndDevelopment RightsFulfilment ServiceManagement VendorManagement"
    ),
    "Advertising": "PersonalisedAdvertising PoliticalCampaign RecruitmentAdvertising",
    "CommercialPurpose": "CommercialResearch",
    "CommunicationManagement": "CommunicationForCustomerCare",
    "CustomerCare": "CommunicationForCustomerCare",
    "CustomerManagement": (
        "CustomerCare CustomerClaimsManagement CustomerOrderManagement CustomerRelationshipManagement "
        "CustomerSolvencyMonitoring"
    ),
    "CustomerRelationshipManagement": "ImproveInternalCRMProcesses",
    "EnforceSecurity": "EnforceAccessControl IdentityAuthentication MisusePreventionAndDetection Verification",
    "FraudPreventionAndDetection": "CounterMoneyLaundering MaintainFraudDatabase",
    "FulfilmentOfObligation": "FulfilmentOfContractualObligation LegalCompliance ProtectionOfIPR",
    "HumanResourceManagement": "PersonnelManagement",
    "Marketing": "Advertising DirectMarketing PublicRelations SocialMediaMarketing",
    "MisusePreventionAndDetection": "FraudPreventionAndDetection",
    "NonCommercialPurpose": "NonCommercialResearch",
    "OptimisationForConsumer": "OptimiseUserInterface",
    "OptimisationForController": (
        "ImproveExistingProductsAndServices ImproveInternalCRMProcesses IncreaseServiceRobustness "
        "InternalResourceOptimisation"
    ),
    "OrganisationGovernance": (
        "DisputeManagement MemberPartnerManagement OrganisationComplianceManagement OrganisationRiskManagement"
    ),
    "Personalisation": "PersonalisedAdvertising PoliticalCampaign ServicePersonalisation",
    "PersonalisedAdvertising": "TargetedAdvertising",
    "PersonnelHiring": "PersonnelOnboarding RecruitmentAdvertising RecruitmentManagement",
    "PersonnelManagement": (
        "PersonnelHiring PersonnelMonitoring PersonnelOffboarding PersonnelPayment "
        "PersonnelPerformanceManagement PersonnelPromotionManagement PersonnelTerminationManagement "
        "PersonnelWorkloadManagement"
    ),
    "PersonnelMonitoring": "PersonnelBehaviourMonitoring PersonnelPerformanceManagement PersonnelPerformanceMonitoring",
    "PersonnelPerformanceManagement": (
        "PersonnelPerformanceEvaluation PersonnelPerformanceMonitoring PersonnelPerformancePrediction"
    ),
    "ProvidePersonalisedRecommendations": "ProvideEventRecommendations ProvideProductRecommendations",
    "PublicBenefit": (
        "CombatClimateChange Counterterrorism DataAltruism ImproveHealthcare ImprovePublicServices "
        "ImproveTransportMobility ProtectionOfNationalSecurity ProtectionOfPublicSecurity "
        "ProvideOfficialStatistics PublicPolicyMaking"
    ),
    "RecruitmentAdvertising": "RecruitmentTargetedAdvertising",
    "RecruitmentApplicationManagement": "RecruitmentApplicationAnalysis RecruitmentApplicationScreening",
    "RecruitmentInterviewManagement": (
        "RecruitmentInterviewAnalysis RecruitmentInterviewAssessment RecruitmentInterviewScheduling"
    ),
    "RecruitmentManagement": (
        "RecruitmentApplicantBackgroundCheck RecruitmentApplicantCriminalBackgroundCheck "
        "RecruitmentApplicantInformationAuthentication RecruitmentApplicantSelection "
        "RecruitmentApplicationManagement RecruitmentInterviewManagement"
    ),
    "RequestedServiceProvision": "DeliveryOfGoods",
    "ResearchAndDevelopment": "AcademicResearch CommercialResearch NonCommercialResearch ScientificResearch",
    "SellProducts": "SellDataToThirdParties SellInsightsFromData SellProductsToDataSubject",
    "ServiceManagement": (
        "PaymentManagement RepairImpairments ServiceAccessDetermination ServiceMonitoring ServiceOptimisation "
        "ServicePersonalisation ServiceProvision ServiceRegistration"
    ),
    "ServiceMonitoring": "ServiceUsageAnalytics",
    "ServiceOptimisation": "OptimisationForConsumer OptimisationForController",
    "ServicePersonalisation": "PersonalisedBenefits ProvidePersonalisedRecommendations UserInterfacePersonalisation",
    "ServiceProvision": "RequestedServiceProvision SearchFunctionalities SellProducts TechnicalServiceProvision",
    "TargetedAdvertising": "RecruitmentTargetedAdvertising",
    "VendorManagement": "VendorPayment VendorRecordsManagement VendorSelectionAssessment",
    "Verification": "AgeVerification IdentityVerification",
}

_WIDER: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(wider for wider, names in LIES_IN.items() if name in names.split())
    for each in LIES_IN.values()
    for name in each.split()
} | {"Purpose": ()}


def is_known(term: str) -> bool:
    """Whether a URI is one of these terms."""
    return term.startswith(DPV) and term.removeprefix(DPV) in _WIDER


def looks_like_one(term: str) -> bool:
    """Whether a text is meant as a term of this vocabulary, well written or not."""
    return _LOOKS.match(term.strip()) is not None


def with_wider(terms: Iterable[Uri]) -> tuple[Uri, ...]:
    """The same terms, and after them all that they lie in, each once."""
    return _with_wider(tuple(terms))


def goes_beyond(now: Iterable[Uri], former: Iterable[Uri]) -> bool:
    """Whether what is called so `now` is, or may be, more than what was called so before."""
    terms, before = tuple(now), frozenset(former)
    if not terms:
        return bool(before)
    return any(each not in before and (before - {_ROOT}).isdisjoint(with_wider((each,))) for each in terms)


def term_words(terms: Iterable[Uri]) -> str:
    """Terms as people read them; what is not of the list as it was written."""
    return ", ".join(_words(each) for each in dict.fromkeys(terms))


def _words(term: Uri) -> str:
    return _WORD.sub(" ", term.removeprefix(DPV)).lower() if is_known(term) else term


@lru_cache(maxsize=_REMEMBERED)
def _with_wider(terms: tuple[Uri, ...]) -> tuple[Uri, ...]:
    found = dict.fromkeys(terms)
    left = [each for each in terms if is_known(each)]
    while left:
        for name in _WIDER[left.pop(0).removeprefix(DPV)]:
            wider = Uri(f"{DPV}{name}")
            if wider not in found:
                found[wider] = None
                left.append(wider)
    return tuple(found)
