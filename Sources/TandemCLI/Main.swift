import ArgumentParser
import Foundation

/// `tandem NOUN VERB`.
///
/// To add a noun: a file with its command in its feature's folder (a `DatabaseCommand` if it needs the database) and one
/// entry in `subcommands` below, under the heading where people will look for it.
@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tandem",
        abstract: "A customer data platform and a CRM in one PostgreSQL database.",
        discussion: """
            First steps:
              tandem serve                                  start everything in this folder
              tandem tenant create acme                     a tenant with its first keys
              tandem bi user create acme analyst            a login for psql and BI tools

            tandem help environment, help configuration and help exit-codes tell the rest.
            """,
        version: "tandem \(VersionCommand.number)",
        subcommands: [
            HelpCommand.self, ServeCommand.self, StatusCommand.self, DoctorCommand.self, BackupCommand.self,
            VersionCommand.self,
        ],
        groupedSubcommands: [
            CommandGroup(
                name: "Tenants and access",
                subcommands: [
                    TenantCommand.self, SourceCommand.self, KeyCommand.self, BICommand.self, ConsoleCommand.self,
                    RoleCommand.self, OIDCCommand.self, MigrateCommand.self,
                ]),
            CommandGroup(
                name: "People",
                subcommands: [
                    ProfileCommand.self, MergeCommand.self, RulesCommand.self, ConsentCommand.self, PrivacyCommand.self,
                    RetentionCommand.self,
                ]),
            CommandGroup(
                name: "Records",
                subcommands: [
                    MergedObjectCommand<AccountNoun>.self, MergedObjectCommand<ContactNoun>.self, LeadCommand.self,
                    FormCommand.self,
                    ObjectCommand<OpportunityNoun>.self, ObjectCommand<PipelineNoun>.self,
                    ObjectCommand<StageNoun>.self,
                    ObjectCommand<ProductNoun>.self, ObjectCommand<ActivityNoun>.self,
                    ObjectCommand<TicketNoun>.self, ObjectCommand<CommentNoun>.self, ObjectCommand<ViewNoun>.self,
                    AttachmentCommand.self, UserCommand.self, ObjectCommand<TeamNoun>.self, ObjectsCommand.self,
                    FieldCommand.self, DuplicateCommand.self, ReminderCommand.self, ChangesCommand.self,
                ]),
            CommandGroup(
                name: "Data",
                subcommands: [
                    EventsCommand.self, ImportCommand.self, ExportCommand.self, PlanCommand.self,
                    QuarantineCommand.self,
                    OperationCommand.self, TimerCommand.self, AuditCommand.self, DemoCommand.self,
                ]),
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            CommandFailure.report(error)
        }
    }
}
