import Foundation
import Glibc

/// The text of the embedded server's configuration files. Pure: what they say depends on nothing but these values.
struct ServerFiles: Sendable, Equatable {
    var port: Int
    /// How many connections it takes.
    var connections: Int
    var socketDirectory: String
    /// Memory of the machine in bytes.
    var memory: UInt64
    /// Free bytes where the cluster lies.
    var freeDisk: UInt64
    /// All bytes there.
    var wholeDisk: UInt64
    /// Users of the operating system that may connect through the socket as `tandem` and as `postgres`.
    var operators: [String]
    /// An address beside 127.0.0.1 for BI; nil: none.
    var biHost: String?
    /// The folder that the write-ahead log is kept in, for restores to a point in time; nil: it is not kept.
    var archive: String?

    /// An address that stands for all takes 127.0.0.1 too, and could not be bound beside it.
    private var addresses: [String] {
        guard let biHost else { return ["127.0.0.1"] }
        return NetworkAddress.isWildcard(biHost) ? [biHost] : ["127.0.0.1", biHost]
    }

    static let leastConnections = 100
    /// What a restore starts with: whatever server wrote the log had no more.
    static let mostConnections = 1_000

    /// Room for all that Tandem opens itself, and for BI twice: sessions beyond its bound are ended only once they are there.
    ///
    /// - Parameter bi: 0: without a bound.
    static func connections(requests: Int, events: Int, bi: Int) -> Int {
        // Services, operators' commands, backups, PostgreSQL's own reserve.
        let margin = 30
        return min(mostConnections, max(leastConnections, requests + events + 2 * (bi == 0 ? 50 : bi) + margin))
    }

    /// Durable by default: fsync, full_page_writes and synchronous_commit are on.
    var configuration: String {
        let megabyte: UInt64 = 1 << 20
        let sharedBuffers = max(128, min(4096, memory / 4 / megabyte))
        let maintenance = max(64, min(1024, memory / 16 / megabyte))
        // A checkpoint must not come for want of WAL space in a burst, nor may WAL fill a small disk.
        let least = min(1024, wholeDisk / 5 / megabyte)
        let maxWAL = max(48, least, min(8192, freeDisk / 5 / megabyte))
        let tempFiles = max(least, freeDisk / 4 / megabyte)
        return """
            # Written by tandem at each start. ALTER SYSTEM (postgresql.auto.conf) overrides it.
            listen_addresses = '\(addresses.joined(separator: ","))'
            port = \(port)
            unix_socket_directories = '\(socketDirectory)'
            max_connections = \(connections)
            unix_socket_permissions = 0700
            client_connection_check_interval = '5s'
            idle_in_transaction_session_timeout = '10min'
            password_encryption = 'scram-sha-256'
            ssl = \(biHost == nil ? "off" : "on")

            shared_buffers = '\(sharedBuffers)MB'
            effective_cache_size = '\(max(256, memory / 2 / megabyte))MB'
            maintenance_work_mem = '\(maintenance)MB'
            work_mem = '16MB'
            max_locks_per_transaction = 256
            random_page_cost = 1.1
            jit = off
            temp_file_limit = '\(tempFiles)MB'

            fsync = on
            full_page_writes = on
            synchronous_commit = on
            wal_compression = lz4
            max_wal_size = '\(maxWAL)MB'
            min_wal_size = '\(min(80, maxWAL))MB'
            checkpoint_timeout = '15min'
            wal_level = replica
            # On always, since switching it on needs a restart; what it does can be changed while the server runs.
            archive_mode = on
            archive_command = '\(archiveCommand)'
            archive_timeout = \(archive == nil ? "0" : "'1min'")

            logging_collector = on
            log_directory = 'log'
            log_filename = 'postgres-%a.log'
            log_rotation_age = '1d'
            log_truncate_on_rotation = on
            # Values may be personal data: those of statements, and those that the details of an error quote.
            log_error_verbosity = 'terse'
            log_parameter_max_length = 0
            log_parameter_max_length_on_error = 0
            log_min_error_statement = 'panic'
            log_checkpoints = off
            timezone = 'UTC'
            log_timezone = 'UTC'
            lc_messages = 'C'

            """
    }

    /// Keeps a segment once, compressed and on the disk itself before it counts as kept; the same one again is fine, another one of
    /// the same name is not.
    private var archiveCommand: String {
        guard let archive else { return "/bin/true" }
        // Doubled for the configuration file; a folder's name may have spaces, and a percent sign means something here.
        let folder = archive.replacing("%", with: "%%").replacing("'", with: "''")
        return """
            t="\(folder)/%f.gz"; if test -e "$t"; then gunzip -c "$t" | cmp -s - "%p"; \
            else gzip -1 -n -c "%p" > "$t.part" && sync "$t.part" && mv "$t.part" "$t"; fi
            """
    }

    /// BI logins by password, from this machine and, when opened, over TLS; operators through the socket as themselves;
    /// nobody else.
    var hostAccess: String {
        var lines = [
            "# Written by tandem at each start.",
            "local all tandem,postgres peer map=operators",
            "local replication postgres peer map=operators",
            "local tandem +tandem_bi scram-sha-256",
            "host tandem +tandem_bi 127.0.0.1/32 scram-sha-256",
        ]
        if biHost != nil {
            lines += [
                "hostssl tandem +tandem_bi 0.0.0.0/0 scram-sha-256", "hostssl tandem +tandem_bi ::/0 scram-sha-256",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    var identities: String {
        operators.flatMap { ["operators \"\($0)\" tandem", "operators \"\($0)\" postgres"] }
            .joined(separator: "\n") + "\n"
    }

    /// Memory of this machine, or of this container if that is less.
    static var machineMemory: UInt64 {
        let physical = UInt64(max(0, sysconf(Int32(_SC_PHYS_PAGES)))) * UInt64(max(0, sysconf(Int32(_SC_PAGESIZE))))
        let limit = (try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8))
            .flatMap { UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        return min(physical, limit ?? physical)
    }

    /// Whether both lie on one file system.
    static func isOneDisk(_ path: String, _ other: String) -> Bool {
        var (first, second) = (stat(), stat())
        return stat(path, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev
    }

    static func freeDisk(at path: String) -> UInt64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return 16 << 30 }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }
}
