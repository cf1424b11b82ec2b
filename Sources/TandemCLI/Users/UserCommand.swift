import ArgumentParser
import Foundation
import Postgres
import Tandem

/// `tandem user …`: the verbs that every object has, and how users come into the console.
struct UserCommand: ParsableCommand {
    typealias Users = ObjectCommand<UserNoun>

    static let configuration = CommandConfiguration(
        commandName: "user", abstract: Users.configuration.abstract,
        discussion: """
            tandem user list --limit 10 --tenant acme
            tandem user create --set \(UserNoun.example)
            tandem user invite email=sales@example.com
            tandem user reset email=sales@example.com
            tandem user sign-out email=sales@example.com

            Fields: \(UserNoun.object.fields.map(\.name).joined(separator: ", ")).
            """,
        subcommands: Users.configuration.subcommands + [Invite.self, Reset.self, SignOut.self])

    /// A user of the command's tenant.
    static func find(_ reference: String, _ session: DatabaseSession) throws -> RecordID {
        let tenant = try session.tenant()
        let catalog = try session.catalog(of: tenant)
        return try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
            try Users.find(reference, connection, in: catalog)
        }
    }

    struct Base: ParsableArguments {
        @Option(help: "Where browsers find the server, without a slash at the end.")
        var base = "http://127.0.0.1:8080"
    }

    struct Invite: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a link by which a user chooses a first password, once, within a week.",
            discussion: """
                tandem user invite email=sales@example.com --role "sales rep" --base https://tandem.example --tenant acme

                The first user of a tenant becomes administrator. A user without a role sees nothing.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: Users.referenceHelp) var user: String
        @Option(help: "A role to give beside those the user has: role_…, a uuid, or its name.") var role: String?
        @OptionGroup var base: Base

        func run(_ session: DatabaseSession) throws -> Output {
            let role = try role.map { try UserCommand.role($0, session) }
            return try UserCommand.link(to: user, session, base, wouldBe: "make an invitation") { access, id in
                let roles = try access.letIn(id, role: role)
                return (try access.invite(id), roles)
            }
        }
    }

    struct Reset: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a link for a new password, valid an hour; the old one and all sessions end now.",
            discussion: "tandem user reset email=sales@example.com --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: Users.referenceHelp) var user: String
        @OptionGroup var base: Base

        func run(_ session: DatabaseSession) throws -> Output {
            try UserCommand.link(
                to: user, session, base, wouldBe: "take the password away and make a link for a new one"
            ) { access, id in
                let link = try access.reset(id)
                return (link, try access.letIn(id))
            }
        }
    }

    struct SignOut: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "End all console sessions and links of a user.",
            discussion: "tandem user sign-out email=sales@example.com --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: Users.referenceHelp) var user: String

        func run(_ session: DatabaseSession) throws -> Output {
            let id = try UserCommand.find(user, session)
            if global.dryRun { return UserCommand.would("end all sessions", id) }
            let ended = try UserCommand.access(session).signOut(id)
            return Output(
                content: .object(["user_id": .string(PublicID(.user, id).description), "sessions": .number(ended)]),
                text: ended == 1 ? "Ended 1 session." : "Ended \(ended) sessions.")
        }
    }

    private static func role(_ reference: String, _ session: DatabaseSession) throws -> RecordID {
        try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
            try connection.roleFind(reference).id
        }
    }

    static func access(_ session: DatabaseSession) throws -> UserAccess {
        UserAccess(session.connection, tenant: try session.tenant(), actor: DatabaseSession.actor)
    }

    private static func would(_ what: String, _ user: RecordID) -> Output {
        let id = PublicID(.user, user).description
        return Output(
            content: .object(["user_id": .string(id), "dry_run": .bool(true)]), name: "user_id",
            text: "Would \(what) for \(id).")
    }

    /// Makes a link for a user, and prints it.
    /// - Parameters:
    ///   - wouldBe: what a dry run says.
    ///   - make: answers the user's roles too.
    private static func link(
        to user: String, _ session: DatabaseSession, _ base: Base, wouldBe: String,
        _ make: (UserAccess, RecordID) throws -> (SignInLink, roles: [String])
    ) throws -> Output {
        let id = try find(user, session)
        if session.options.dryRun { return would(wouldBe, id) }
        let (link, roles) = try make(access(session), id)
        let address = link.address(base: base.base)
        return Output(
            content: .object([
                "url": .string(address), "user_id": .string(PublicID(.user, id).description),
                "valid_seconds": .number(link.validity.components.seconds), "roles": .array(roles.map { .string($0) }),
            ]),
            name: "url", text: address, next: roles.isEmpty ? Self.roleless : [])
    }

    /// What to do for a user who would see nothing.
    static let roleless = [
        "give the user a role, without which they see nothing: in the console under Users, or",
        "tandem user invite USER --role \"sales rep\"",
    ]
}
