"""The ports: what the services need of the world. Adapters implement them; fakes in tests/ stand beside a contract test.

Every method may raise UnavailableError when its part does not answer; other errors are named.
"""

from liftlock.core.ports.attestations import Attestations, Signatures
from liftlock.core.ports.engine import Engine, LiveState, Observation, ResourceChange, StackResult, StackSummary, StepOperation
from liftlock.core.ports.forge import Check, CheckState, Forge, PullRequest, PullState, Review
from liftlock.core.ports.machine import Clock, Health, Locks, Passed, Probe, Progress, RunningPart, Runtime, Secrets, Seeder
from liftlock.core.ports.people import Identity
from liftlock.core.ports.receipts import Receipts, Witness
from liftlock.core.ports.repository import Checkout, CommitFacts, ImageFacts, Ledger, Registry, Repository, WorkTree
from liftlock.core.ports.snapshots import Building, Snapshots, Target

__all__ = [
    "Attestations",
    "Building",
    "Check",
    "CheckState",
    "Checkout",
    "Clock",
    "CommitFacts",
    "Engine",
    "Forge",
    "Health",
    "Identity",
    "ImageFacts",
    "Ledger",
    "LiveState",
    "Locks",
    "Observation",
    "Passed",
    "Probe",
    "Progress",
    "PullRequest",
    "PullState",
    "Receipts",
    "Registry",
    "Repository",
    "ResourceChange",
    "Review",
    "RunningPart",
    "Runtime",
    "Secrets",
    "Seeder",
    "Signatures",
    "Snapshots",
    "StackResult",
    "StackSummary",
    "StepOperation",
    "Target",
    "Witness",
    "WorkTree",
]
