"""Any fact, parsed by its kind."""

from typing import Annotated

from pydantic import Field

from .after_promotion import ChampionFailed, ChampionsFailed, FailureAcknowledged, JobTakenBack, PromotionFinal
from .auditing import ChainBreakAccepted
from .drilling import DrillFailed, DrillLeft, DrillMoved, DrillOverdue, DrillPassed
from .ending import JobEnded, RejectionsEscalated, SkipsEscalated
from .policies import PauseOfModelLasts, PolicyApplied
from .promoting import (
    AliasMoved,
    ChallengerValidated,
    ChampionAdopted,
    FilesKept,
    MirrorSet,
    ProfileKept,
    Promoted,
    ReviewGiven,
    ReviewRequested,
    ServingInForce,
    WeightSet,
)
from .quarantine import QuarantineLasts, QuarantineLifted, QuarantineSet
from .taking_back import PauseLasts, RolloutIntervened, ServingAgrees, ServingDiffers, VersionTakenBack
from .training import ChallengerTrained, DataChecked, ProxyJudged, StepEnded, StepOrdered
from .triggering import BudgetHoldEnded, BudgetHolds, JobOpened, RetrainingRecorded, RetrainingRequested, TriggerJudged

AnyFact = Annotated[
    RetrainingRequested
    | RetrainingRecorded
    | TriggerJudged
    | BudgetHolds
    | BudgetHoldEnded
    | QuarantineSet
    | QuarantineLasts
    | QuarantineLifted
    | JobOpened
    | DataChecked
    | ProxyJudged
    | StepOrdered
    | StepEnded
    | ChallengerTrained
    | ChallengerValidated
    | ReviewRequested
    | ReviewGiven
    | ChampionAdopted
    | WeightSet
    | MirrorSet
    | Promoted
    | ServingInForce
    | AliasMoved
    | VersionTakenBack
    | RolloutIntervened
    | PauseLasts
    | ChampionFailed
    | ChampionsFailed
    | FailureAcknowledged
    | JobTakenBack
    | PromotionFinal
    | ServingDiffers
    | ServingAgrees
    | DrillMoved
    | DrillPassed
    | DrillFailed
    | DrillLeft
    | DrillOverdue
    | FilesKept
    | ProfileKept
    | JobEnded
    | RejectionsEscalated
    | SkipsEscalated
    | ChainBreakAccepted
    | PolicyApplied
    | PauseOfModelLasts,
    Field(discriminator="kind"),
]
