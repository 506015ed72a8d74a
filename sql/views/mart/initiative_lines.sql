-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per cost or benefit line that is tagged to an initiative.
CREATE OR REPLACE VIEW mart.initiative_lines AS
SELECT
    line_id,
    initiative_id,
    kind,
    source,
    line_date,
    account,
    team,
    description,
    amount_reporting,
    is_quarantined
FROM core.fct_initiative_lines;

COMMENT ON VIEW mart.initiative_lines IS 'One row per cost or benefit line that is tagged to an initiative. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.initiative_lines.line_id IS 'Line of the ledger or of a benefit export, qualified by its source';
COMMENT ON COLUMN mart.initiative_lines.initiative_id IS 'Initiative in policies/initiatives.yaml; the tag itself if the policy does not know it';
COMMENT ON COLUMN mart.initiative_lines.kind IS 'cost or benefit';
COMMENT ON COLUMN mart.initiative_lines.source IS 'System that exported the line';
COMMENT ON COLUMN mart.initiative_lines.line_date IS 'Posting date of a ledger line, day of a benefit';
COMMENT ON COLUMN mart.initiative_lines.account IS 'General ledger account';
COMMENT ON COLUMN mart.initiative_lines.team IS 'Team of the line';
COMMENT ON COLUMN mart.initiative_lines.description IS 'Text of the line';
COMMENT ON COLUMN mart.initiative_lines.amount_reporting IS 'Cost or benefit, each with its own sign: a benefit booked as a credit is positive';
COMMENT ON COLUMN mart.initiative_lines.is_quarantined IS 'Whether a contract rule set the line aside: eligible, but not measured';
