import NIOCore
import Synchronization

/// Lets a listening socket take no new connection while those that the system has already made are accepted.
///
/// Closing a listening socket resets the connections in its backlog. So the socket first drops every packet, by a filter of
/// one instruction: a client that connects now asks again a second later and is refused, as by a server that is not there.
final class AcceptGate: Sendable {
    /// One instruction of a classic BPF program: linux/filter.h.
    private struct Instruction {
        var code: UInt16 = 0x06
        var jumpTrue: UInt8 = 0
        var jumpFalse: UInt8 = 0
        var value: UInt32 = 0
    }

    /// `struct sock_fprog`.
    private struct Program: @unchecked Sendable {
        var length: UInt16
        var instructions: UnsafeMutablePointer<Instruction>
    }

    private static let attachFilter = NIOBSDSocket.Option(rawValue: 26)

    private let channel = Mutex<(any Channel)?>(nil)

    func open(_ channel: any Channel) { self.channel.withLock { $0 = channel } }

    /// Returns when no more connections can come up.
    func shut() async {
        guard let channel = channel.withLock({ $0 }), let socket = channel as? any SocketOptionProvider else { return }
        let instruction = UnsafeMutablePointer<Instruction>.allocate(capacity: 1)
        instruction.initialize(to: Instruction())
        let program = Program(length: 1, instructions: instruction)
        // Without it (a socket of another kind) the close is as it would be anyway.
        try? await socket.unsafeSetSocketOption(level: .socket, name: Self.attachFilter, value: program).get()
        program.instructions.deallocate()
        try? await Task.sleep(for: .milliseconds(100))
    }
}
