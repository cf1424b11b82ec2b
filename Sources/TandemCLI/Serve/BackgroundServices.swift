import Postgres
import ServiceLifecycle
import Tandem

/// Everything that runs beside the requests. A feature that has work of its own adds its service here; the group shuts
/// them down after the listeners, from the last to the first.
func backgroundServices(
    _ context: TandemContext, database: ConnectionConfiguration, plan: ServePlan, installation: Installation
) -> [any Service] {
    let duplicates = DuplicateService(context)
    let services: [any Service] = [
        context.access, PromotionService(context), DueDeletions(pool: context.pool, logger: context.logger),
        Housekeeping(context, quarantineDays: plan.quarantineDays),
        OperationService(context, database: database, room: installation.room),
        TimerService(context, duplicates: duplicates), duplicates,
        installation.room, installation.watch, installation.vitals,
    ]
    // Of the embedded server alone: backups of another one lie elsewhere.
    return plan.databaseURL == nil
        ? services + [SuppressionKeeper(context, directory: plan.dataDirectory)] : services
}
