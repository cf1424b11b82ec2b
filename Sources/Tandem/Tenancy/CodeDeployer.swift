import Logging
import Postgres
import TandemSQL

/// Puts the procedures of `sql/code` into the schema of this build: one transaction, once. Those of other builds stay for
/// the servers that use them, and go with the next build but one.
enum CodeDeployer {
    /// - Parameter staysBehind: see ``ControlPlane/prepare(_:by:anyway:staysBehind:logger:)``.
    static func deploy(
        _ connection: Connection, by actor: String = AuditActor.tandem, staysBehind: Bool = false, logger: Logger
    ) throws(PostgresError) {
        let schema = CodeVersion.schema
        let isNew = try connection.transaction(settings: settings(schema)) {
            (connection) throws(PostgresError) -> Bool in
            // Two servers that start at once.
            try connection.script("lock table tandem.code_version in share row exclusive mode")
            let isThere = try isDeployed(schema, connection)
            if !isThere { try create(schema, EmbeddedSQL.files(below: "code"), on: connection) }
            try connection.execute(
                ControlPlane.file(
                    "control/deploy/note_code_version.sql", .text(schema), .text(CodeVersion.build),
                    .textArray(CodeVersion.migrations), .bool(staysBehind)))
            if !isThere {
                try connection.execute(
                    .call("note_build", .text(actor), .text(schema), .text(CodeVersion.build)))
            }
            return !isThere
        }
        guard isNew else { return }
        logger.info("deployed procedures", metadata: ["schema": "\(schema)"])
        try connection.transaction(settings: settings(schema)) { (connection) throws(PostgresError) in
            try connection.script(ControlPlane.text("control/deploy/drop_unused_code.sql"))
        }
    }

    static func isDeployed(_ schema: String, _ connection: Connection) throws(PostgresError) -> Bool {
        try connection.execute(ControlPlane.file("control/deploy/code_state.sql", .text(schema))).one().bool("is_there")
    }

    /// New functions go to the schema, whether or not it is there yet.
    static func settings(_ schema: String) -> [Connection.Setting] {
        TenantDatabase.control(statementTimeout: nil, lockTimeout: .seconds(60))
            + [(name: "search_path", value: "\(schema), pg_temp"), (name: "tandem.code_schema", value: schema)]
    }

    /// Makes the schema and what the files say, in a transaction with ``settings(_:)``.
    static func create(
        _ schema: String, _ files: [EmbeddedSQL.File], on connection: Connection
    ) throws(PostgresError) {
        try connection.script(ControlPlane.text("control/deploy/create_code_schema.sql"))
        // SQL functions are checked against tables that only tenants have; plpgsql's check needs none.
        for isChecked in [true, false] {
            try connection.enter([(name: "check_function_bodies", value: isChecked ? "on" : "off")])
            for file in files where file.text.lowercased().contains("language plpgsql") == isChecked {
                do throws(PostgresError) {
                    try connection.script(file.text)
                } catch {
                    throw located(error, in: file)
                }
            }
        }
    }

    /// The functions that a file creates.
    static func names(in text: String) -> Set<String> {
        var names: Set<String> = []
        for kind in ["create or replace function ", "create or replace procedure "] {
            for part in text.lowercased().split(separator: "\n") where part.hasPrefix(kind) {
                names.insert(String(part.dropFirst(kind.count).prefix { $0 != "(" && $0 != " " }))
            }
        }
        return names
    }

    private static func located(_ error: PostgresError, in file: EmbeddedSQL.File) -> PostgresError {
        var fields = PostgresError.Fields()
        fields.detail = error.detail
        fields.hint = error.hint
        fields.position = error.position
        let line = error.position.map { position in
            file.text.unicodeScalars.prefix(position).count { $0 == "\n" } + 1
        }
        let place = line.map { "sql/\(file.path):\($0)" } ?? "sql/\(file.path)"
        return PostgresError(
            kind: error.kind, sqlState: error.sqlState, message: "\(place): \(error.message)", fields: fields)
    }
}
