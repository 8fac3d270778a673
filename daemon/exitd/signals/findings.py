"""Findings as JSON, in the shapes of the format and with what to do about each."""

from exitd.signals.model import Finding, Json, Validation


def validation_json(validation: Validation) -> Json:
    """Write what is wrong and what is odd as the format does: sentences."""
    return {
        "valid": validation.valid,
        "errors": [finding.message for finding in validation.errors],
        "warnings": [finding.message for finding in validation.warnings],
    }


def findings_json(validation: Validation) -> Json:
    """Write the same with causes and remedies, meanings and actions."""
    return {
        "errors": [_explained(finding) for finding in validation.errors],
        "warnings": [_advised(finding) for finding in validation.warnings],
    }


def _explained(finding: Finding) -> Json:
    return {
        "rule": finding.rule,
        "field": finding.field,
        "message": finding.message,
        "cause": finding.cause,
        "remedy": finding.remedy,
    }


def _advised(finding: Finding) -> Json:
    return {
        "rule": finding.rule,
        "field": finding.field,
        "message": finding.message,
        "meaning": finding.meaning,
        "action": finding.action,
    }
