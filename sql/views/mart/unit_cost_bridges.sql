-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- What moved cost per transaction from one closed period to the next, in parts that add up to the change exactly.
-- Bridges over several periods are added up.
CREATE OR REPLACE VIEW mart.unit_cost_bridges AS
SELECT
    period_grain,
    period_start_date,
    dimension,
    dimension_value,
    part,
    cost_pool,
    previous_period_start_date,
    change_reporting,
    unit_cost_before_reporting,
    unit_cost_after_reporting
FROM core.fct_unit_cost_bridges;

COMMENT ON VIEW mart.unit_cost_bridges IS 'What moved cost per transaction from one closed period to the next, in parts that add up to the change exactly. Bridges over several periods are added up. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.unit_cost_bridges.period_grain IS 'month or quarter';
COMMENT ON COLUMN mart.unit_cost_bridges.period_start_date IS 'First day of the period';
COMMENT ON COLUMN mart.unit_cost_bridges.dimension IS 'team or service: by what the whole is taken apart';
COMMENT ON COLUMN mart.unit_cost_bridges.dimension_value IS 'Team or service';
COMMENT ON COLUMN mart.unit_cost_bridges.part IS 'mix: more or less of the transactions fell to it; volume: more or fewer transactions bear its cost; cost: its cost itself; volume and cost together are its rate in kpi_change_drivers, which has the same mix';
COMMENT ON COLUMN mart.unit_cost_bridges.cost_pool IS 'Pool whose cost moved, for cost; else empty text';
COMMENT ON COLUMN mart.unit_cost_bridges.previous_period_start_date IS 'First day of the period before, which it is compared with';
COMMENT ON COLUMN mart.unit_cost_bridges.change_reporting IS 'Its part of the change of the overall cost per transaction';
COMMENT ON COLUMN mart.unit_cost_bridges.unit_cost_before_reporting IS 'Overall cost per transaction of the period before';
COMMENT ON COLUMN mart.unit_cost_bridges.unit_cost_after_reporting IS 'Overall cost per transaction of the period';
