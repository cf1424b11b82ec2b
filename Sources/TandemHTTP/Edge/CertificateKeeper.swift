import Foundation
import Glibc
public import Logging
import NIOCore
import NIOSSL
public import ServiceLifecycle
import Synchronization

/// Holds the certificate that new connections are served with, and takes a renewed one by itself: it looks at the files
/// every few seconds. One that cannot be used is said in the log, and the one before it stays.
public final class CertificateKeeper: Service {
    private struct State {
        var certificate: ServerCertificate
        /// Of the files as they were last read, good or not.
        var stamp: [FileStamp?]
        /// What is wrong with the files, as it was last said.
        var fault: ServerCertificate.Fault?
    }

    private struct FileStamp: Equatable {
        let inode: UInt64
        let size: Int64
        let seconds: Int
        let nanoseconds: Int

        /// Nil: there is no such file.
        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    private let certificatePath: String
    private let keyPath: String
    private let interval: Duration
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameters: see ``ServerCertificate``.
    public init(
        certificate: String, key: String, every interval: Duration = .seconds(5), logger: Logger
    ) throws(ServerCertificate.Fault) {
        certificatePath = certificate
        keyPath = key
        self.interval = interval
        self.logger = logger
        let stamp = [FileStamp(certificate), FileStamp(key)]
        let read = try ServerCertificate(certificate: certificate, key: key, now: Date())
        state = Mutex(State(certificate: read, stamp: stamp))
    }

    public var certificate: ServerCertificate { state.withLock { $0.certificate } }

    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                do { try await Task.sleep(for: interval) } catch { return }
                if isChanged { reload() }
            }
        }
    }

    /// Of files that did not fit each other, the second may have come since: they are read again too.
    private var isChanged: Bool {
        let stamp = [FileStamp(certificatePath), FileStamp(keyPath)]
        return state.withLock { $0.stamp != stamp || $0.fault != nil }
    }

    /// Reads the files now.
    public func reload() {
        let stamp = [FileStamp(certificatePath), FileStamp(keyPath)]
        do throws(ServerCertificate.Fault) {
            let read = try ServerCertificate(certificate: certificatePath, key: keyPath, now: Date())
            state.withLock { state in
                state = State(certificate: read, stamp: stamp)
            }
            logger.notice(
                "took a renewed certificate", metadata: ["valid_until": "\(ServerCertificate.day(read.validUntil))"])
        } catch {
            let isNews = state.withLock { state in
                defer { (state.stamp, state.fault) = (stamp, error) }
                return state.fault != error
            }
            if isNews {
                logger.error(
                    "the certificate stays as it was", metadata: ["error": "\(error)", "remedy": "\(error.remedy)"])
            }
        }
    }

    /// Puts TLS at the network's end of a connection that has no handlers yet.
    func secure(_ channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(PlainRequestRefusal())
        try pipeline.addHandler(NIOSSLServerHandler(context: certificate.context))
    }
}
