import Glibc
import Testing

@testable import Tandem

@Suite struct ServerFilesTests {
    @Test(
        "PostgreSQL takes what Tandem opens, BI twice and a margin; at least 100, at most 1,000",
        arguments: [
            (8, 2, 50, 140), (40, 2, 50, 172), (1, 1, 10, 100), (200, 32, 300, 862), (40, 2, 10_000, 1_000),
            (40, 2, 0, 172),
        ])
    func connections(requests: Int, events: Int, bi: Int, expected: Int) {
        #expect(ServerFiles.connections(requests: requests, events: events, bi: bi) == expected)
        #expect((100...1_000).contains(expected))
    }

    @Test func theLogHoldsNoValues() {
        let files = ServerFiles(
            port: 5432, connections: 140, socketDirectory: "/tmp/x", memory: 1 << 33, freeDisk: 1 << 36,
            wholeDisk: 1 << 37,
            operators: ["root"])
        let lines = files.configuration.split(separator: "\n").map(String.init)
        #expect(lines.contains("max_connections = 140"))
        for line in [
            "log_error_verbosity = 'terse'", "log_parameter_max_length = 0", "log_parameter_max_length_on_error = 0",
            "log_min_error_statement = 'panic'",
        ] { #expect(lines.contains(line)) }
        // Whether a server that runs is the right one is told by the first five.
        #expect(lines.prefix(5).contains { $0.hasPrefix("max_connections") })
    }

    @Test(
        "What is wrong with an address is told in words of its own",
        arguments: [
            (EADDRINUSE, TCPPort.Fault.inUse, "in use by another process"),
            (EACCES, TCPPort.Fault.denied, "port 443 is not open to"),
            (EADDRNOTAVAIL, TCPPort.Fault.foreign, "192.0.2.7 is no address of this machine"),
            (ENOBUFS, TCPPort.Fault.other(ENOBUFS), "cannot listen on 192.0.2.7:443: No buffer space available"),
        ])
    func faults(code: Int32, fault: TCPPort.Fault, words: String) {
        #expect(TCPPort.Fault(code) == fault)
        #expect(fault.words(host: "192.0.2.7", port: 443).contains(words))
        #expect(!fault.advice.isEmpty)
    }

    @Test func aFreePortIsFreeAndATakenOneIsNot() throws {
        #expect(TCPPort.fault(host: "localhost", port: 0) == nil)
        #expect(TCPPort.fault(host: "192.0.2.7", port: 0) == .foreign)
        #expect(TCPPort.fault(host: "::1", port: 0) == nil, "left to the listener")
    }
}
