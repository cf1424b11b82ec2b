import Logging
import Postgres
import TandemSQL

/// Brings the schema `tandem_code` to what `sql/code` holds: one transaction, by hash.
enum CodeDeployer {
    private struct Function {
        let name: String
        let identity: String
        let version: String
    }

    static func deploy(_ connection: Connection, logger: Logger) throws(PostgresError) {
        let files = EmbeddedSQL.files(below: "code")
        let count = try connection.transaction(settings: TenantDatabase.control(statementTimeout: nil)) {
            (connection) throws(PostgresError) in
            try deploy(files, on: connection)
        }
        if count > 0 { logger.info("deployed procedures", metadata: ["files": "\(count)"]) }
    }

    /// - Returns: how many files were applied or removed.
    static func deploy(_ files: [EmbeddedSQL.File], on connection: Connection) throws(PostgresError) -> Int {
        try connection.script("lock table tandem.code_object in share row exclusive mode")
        var ledger: [String: String] = [:]
        for row in try connection.execute(ControlPlane.file("control/deploy/code_ledger.sql")) {
            ledger[try row.text("path")] = try row.text("sha256")
        }
        let changed = files.filter { ledger[$0.path] != Digest.hex(of: $0.text) }
        let removed = Set(ledger.keys).subtracting(files.map(\.path))
        if changed.isEmpty && removed.isEmpty { return 0 }

        let before = try functions(connection)
        for file in changed {
            try apply(file, before: before, on: connection)
            try connection.execute(
                ControlPlane.file(
                    "control/deploy/record_code_object.sql", .text(file.path), .text(Digest.hex(of: file.text)),
                    .textArray(names(in: file.text).sorted())))
        }
        try connection.execute(
            ControlPlane.file("control/deploy/forget_code_objects.sql", .textArray(removed.sorted())))
        try dropLeftovers(files: files, changed: changed, before: before, on: connection)
        return changed.count + removed.count
    }

    /// `create or replace` keeps the function's oid where it can; a changed result or argument name needs a drop first.
    private static func apply(
        _ file: EmbeddedSQL.File, before: [Function], on connection: Connection
    ) throws(PostgresError) {
        // SQL functions are checked against tables that only tenants have; plpgsql's check needs none.
        let isPlain = file.text.lowercased().contains("language plpgsql")
        try connection.enter([(name: "check_function_bodies", value: isPlain ? "on" : "off")])
        try connection.script("savepoint file")
        do throws(PostgresError) {
            try connection.script(file.text)
        } catch {
            guard error.sqlState == "42P13" else { throw located(error, in: file) }
            try connection.script("rollback to savepoint file")
            let own = names(in: file.text)
            for function in before where own.contains(function.name) {
                try connection.script("drop routine \(function.identity)")
            }
            do throws(PostgresError) {
                try connection.script(file.text)
            } catch {
                throw located(error, in: file)
            }
        }
        try connection.script("release savepoint file")
    }

    /// Old overloads of changed functions, and functions that no file creates.
    private static func dropLeftovers(
        files: [EmbeddedSQL.File], changed: [EmbeddedSQL.File], before: [Function], on connection: Connection
    ) throws(PostgresError) {
        let wanted = files.reduce(into: Set<String>()) { $0.formUnion(names(in: $1.text)) }
        let touched = changed.reduce(into: Set<String>()) { $0.formUnion(names(in: $1.text)) }
        let old = Set(before.map { $0.identity + $0.version })
        for function in try functions(connection) {
            let isUntouched = old.contains(function.identity + function.version)
            if !wanted.contains(function.name) || (touched.contains(function.name) && isUntouched) {
                try connection.script("drop routine \(function.identity)")
            }
        }
    }

    private static func functions(_ connection: Connection) throws(PostgresError) -> [Function] {
        var result: [Function] = []
        for row in try connection.execute(ControlPlane.file("control/deploy/functions.sql")) {
            result.append(
                Function(
                    name: try row.text("name"), identity: try row.text("identity"),
                    version: try row.text("version")))
        }
        return result
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
