-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per initiative of policies/initiatives.yaml or of a tag: cost and benefit to date, and when it paid back.
CREATE OR REPLACE VIEW mart.initiative_returns AS
SELECT
    initiative_id,
    initiative_name,
    owner,
    start_date,
    payback_target_date,
    is_declared,
    first_line_date,
    cost_to_date_reporting,
    benefit_to_date_reporting,
    net_to_date_reporting,
    return_ratio,
    payback_date,
    paid_back_since_date,
    is_paid_back,
    line_count,
    measured_line_count,
    line_before_start_count
FROM core.fct_initiative_returns;

COMMENT ON VIEW mart.initiative_returns IS 'One row per initiative of policies/initiatives.yaml or of a tag: cost and benefit to date, and when it paid back. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.initiative_returns.initiative_id IS 'Initiative';
COMMENT ON COLUMN mart.initiative_returns.initiative_name IS 'Name for people';
COMMENT ON COLUMN mart.initiative_returns.owner IS 'Who answers for it';
COMMENT ON COLUMN mart.initiative_returns.start_date IS 'When it begins, under the policy';
COMMENT ON COLUMN mart.initiative_returns.payback_target_date IS 'Day by which its benefit is to have covered its cost, under the policy';
COMMENT ON COLUMN mart.initiative_returns.is_declared IS 'Whether policies/initiatives.yaml knows it';
COMMENT ON COLUMN mart.initiative_returns.first_line_date IS 'Day of its first line';
COMMENT ON COLUMN mart.initiative_returns.cost_to_date_reporting IS 'Cost to date; empty if it has no line';
COMMENT ON COLUMN mart.initiative_returns.benefit_to_date_reporting IS 'Benefit to date; empty if it has no line';
COMMENT ON COLUMN mart.initiative_returns.net_to_date_reporting IS 'Benefit less cost';
COMMENT ON COLUMN mart.initiative_returns.return_ratio IS 'Net to date over cost to date, the return on investment; empty unless the cost is above 0';
COMMENT ON COLUMN mart.initiative_returns.payback_date IS 'First day on which cumulative benefit covers cumulative cost; empty if not yet';
COMMENT ON COLUMN mart.initiative_returns.paid_back_since_date IS 'Day from which on it has covered it without a break; later than payback_date if cost outran it since; empty if it does not cover it now';
COMMENT ON COLUMN mart.initiative_returns.is_paid_back IS 'Whether it covers it as of the data''s clock: later cost may have outrun it again';
COMMENT ON COLUMN mart.initiative_returns.line_count IS 'Lines that are tagged to it';
COMMENT ON COLUMN mart.initiative_returns.measured_line_count IS 'Those that could be used: with a day and an amount, and not set aside';
COMMENT ON COLUMN mart.initiative_returns.line_before_start_count IS 'Lines dated before the initiative begins; counted nevertheless';
