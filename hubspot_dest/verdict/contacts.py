"""Judge contact upserts: their properties, their e-mails, and the lifecycle stages of people."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import Final

from hubspot_dest.account.schema import AccountSchema
from hubspot_dest.checks.contacts import check_contact_email, check_contact_property, empty_contact
from hubspot_dest.checks.finding import Finding, Violation
from hubspot_dest.checks.occurrences import INFINITY, NOTHING_TEXTS, OBJECT_TEXT, check_value_object
from hubspot_dest.checks.standard_properties import goes_backward
from hubspot_dest.planning.plan import ContactUpsert, Plan
from hubspot_dest.verdict.mapping_paths import ConfigPath
from hubspot_dest.verdict.misspellings import Misspellings, absences
from hubspot_dest.verdict.rule_run import ContactShape, RuleRun, stay_pending

__all__ = ["ContactJudge"]

_REMEMBERED: Final = 4_096
_STAGES: Final = 50_000
_LARGE: Final = 1_000_000
_BRACKET: Final = OBJECT_TEXT[0]


class ContactJudge:
    """Judges the contact upserts of one run.

    Args:
        account: what is known of the account.
        misspellings: finds what paths were meant to be.
        finding: makes a finding from a violation and its place in the configuration.

    """

    def __init__(
        self, account: AccountSchema, misspellings: Misspellings, finding: Callable[..., Finding]
    ) -> None:
        self._account = account
        self._misspellings = misspellings
        self._finding = finding
        self._shapes: dict[tuple[str, int | None, tuple[str, ...]], ContactShape] = {}
        self._emails: dict[str, Violation | None] = {}
        self._good_values: set[tuple[str, str]] = set()
        self._stages: OrderedDict[str, str] = OrderedDict()

    def judge(self, contact: ContactUpsert, plan: Plan, run: RuleRun, found: list[Finding]) -> None:
        """Add the findings about a contact to those that were found already."""
        properties = contact.properties
        if properties is None:
            if run.view.identifies_nothing:
                nothing = Violation(
                    "contact_without_properties",
                    "identify gives an e-mail and no properties: nothing is written to the contact",
                    "give identify a map of properties, or leave it out",
                )
                found.append(self._finding(nothing, run.view.identify_at, at="contact"))
            return
        email = contact.email
        violation = self._emails[email] if email in self._emails else self._email(email)
        # An unknown contact is created with this address, whatever the mapping says of the property `email`.
        if violation is not None:
            found.append(self._finding(violation, run.view.identify_at, at="contact"))
        if not properties:
            found.append(self._finding(empty_contact(), run.view.identify_at, at="contact"))
            return
        key = (plan.rule_key, plan.rule_index, (*properties,))
        shape = self._shapes.get(key) or self._shape(key, run)
        if shape.findings:
            found += shape.findings
        elif shape.absent is not None and stay_pending(run.contact_pending, properties):
            run.contact = shape
        for name in shape.typed:
            value = properties[name]
            if (name, value) not in self._good_values and (problem := self._value(name, value)) is not None:
                found.append(self._finding(problem, contact_place(problem, run), at="contact"))
        together = "".join(properties.values())
        odd = (
            _BRACKET in together or INFINITY in together or not NOTHING_TEXTS.isdisjoint(properties.values())
        )
        if odd or len(together) > _LARGE:
            self._odd_values(properties, run, found)
        if (stage := properties.get("lifecyclestage")) is not None:
            self._stage(email, stage, run, found)

    def is_fine(self, contact: ContactUpsert, run: RuleRun, plan: Plan) -> bool:
        """Tell whether there is nothing to say of a contact that is like others that are fine."""
        shape, properties = run.contact, contact.properties
        if shape is None or properties is None or shape.names != (*properties,):
            return False
        email = contact.email
        known = self._emails
        if (known[email] if email in known else self._email(email)) is not None:
            return False
        for name in shape.typed:
            if (name, properties[name]) not in self._good_values and self._value(name, properties[name]):
                return False
        values = "".join(properties.values())
        if _BRACKET in values or INFINITY in values or len(values) > _LARGE:
            return False
        if not NOTHING_TEXTS.isdisjoint(properties.values()):
            return False
        stage = properties.get("lifecyclestage")
        if stage is not None and self._stages.get(email.lower()) != stage:
            return False
        return not shape.absent or self._misspellings.is_plain(shape.absent, plan.event)

    def says(self, email: str, contact: ContactUpsert | None) -> bool:
        """Tell whether a finding about a contact names this address already."""
        if contact is None or contact.properties is None:
            return False
        return contact.email == email and self._email(email) is not None

    def property_violation(self, name: str, value: str) -> Violation | None:
        """Return what is wrong with a property of contacts and its value; None for nothing."""
        account = self._account
        known: Collection[str] = account.contact_properties
        return check_contact_property(
            name, value, account.contact_property, known, complete=account.contacts_complete
        )

    def _shape(self, key: tuple[str, int | None, tuple[str, ...]], run: RuleRun) -> ContactShape:
        """Judge the names of a contact's properties, and find those whose values matter."""
        found: list[Finding] = []
        typed: list[str] = []
        for name in key[2]:
            declared = self._account.contact_property(name)
            problem = self.property_violation(name, "") if declared is None or declared.read_only else None
            if problem is not None:
                found.append(self._finding(problem, contact_place(problem, run), at="contact"))
            elif declared is not None and (declared.type != "string" or name == "email"):
                typed.append(name)
        absent = absences(run.view.contact, key[2], run.view.fields)
        shape = ContactShape(tuple(found), tuple(typed), key[2], absent)
        if len(self._shapes) < _REMEMBERED:
            self._shapes[key] = shape
        return shape

    def _value(self, name: str, value: str) -> Violation | None:
        violation = self.property_violation(name, value)
        if violation is None:
            if len(self._good_values) >= _REMEMBERED:
                self._good_values.clear()
            self._good_values.add((name, value))
        return violation

    def _odd_values(self, properties: Mapping[str, str], run: RuleRun, found: list[Finding]) -> None:
        """Say which values are the text of an object, and whether all together are too large."""
        for name, value in properties.items():
            problem = check_value_object(f"properties.{name}", value)
            if problem is not None:
                found.append(self._finding(problem, contact_place(problem, run), at="contact"))
        size = sum(map(len, properties.values()))
        if size > _LARGE:
            violation = Violation(
                "payload_size", f"the contact has {size:,} characters", "map less", "properties"
            )
            found.append(self._finding(violation, run.view.identify_at, at="contact"))

    def _email(self, email: str) -> Violation | None:
        violation = check_contact_email(email)
        if len(self._emails) >= _REMEMBERED:
            self._emails.clear()
        self._emails[email] = violation
        return violation

    def _stage(self, email: str, stage: str, run: RuleRun, found: list[Finding]) -> None:
        person = email.lower()
        before = self._stages.get(person, "")
        if goes_backward(before, stage):
            violation = Violation(
                "lifecycle_backward",
                f"lifecyclestage goes back from {before} to {stage}: HubSpot keeps {before}",
                "send the stage only when it moves forward",
                "properties.lifecyclestage",
            )
            found.append(self._finding(violation, contact_place(violation, run), at="contact"))
            return
        self._stages[person] = stage
        self._stages.move_to_end(person)
        if len(self._stages) > _STAGES:
            self._stages.popitem(last=False)


def contact_place(violation: Violation, run: RuleRun) -> ConfigPath:
    """Return where a rule configures what a violation of its contact is about."""
    head, _, name = violation.path.partition(".")
    if head in ("email", "objectId"):
        return ("settings", head)
    if head != "properties":
        return ()
    return run.view.contact_places.get(name) or run.view.identify_at
