public import Foundation
import NIOSSL

/// A certificate with its key, read from files and found usable.
public struct ServerCertificate: Sendable {
    /// Why a certificate cannot be served with; says what to do.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        public let description: String
        public let remedy: String
    }

    let context: NIOSSLContext
    /// The end of the first one of the chain, its own.
    public let validUntil: Date

    /// - Parameters:
    ///   - certificate: a PEM file with the server's certificate first, then those between it and the CA.
    ///   - key: a PEM file with its private key, without a passphrase.
    public init(certificate: String, key: String, now: Date) throws(Fault) {
        let chain = try Self.chain(certificate)
        let privateKey = try Self.privateKey(key)
        validUntil = try Self.end(of: chain[0], in: certificate, now: now)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // Clients that close without TLS's farewell, as many do, hold nobody up.
        configuration.shutdownTimeout = .milliseconds(500)
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw Fault(
                description: "tls_key: \(key) is not the key of the certificate in \(certificate)",
                remedy:
                    "both have to come from one order; openssl x509 -pubkey -noout -in \(certificate) and openssl pkey "
                    + "-pubout -in \(key) print the same when they fit")
        }
    }

    private static func chain(_ path: String) throws(Fault) -> [NIOSSLCertificate] {
        let bytes = try read(path, "tls_certificate")
        let chain = (try? NIOSSLCertificate.fromPEMBytes(bytes)) ?? []
        guard !chain.isEmpty else {
            throw Fault(
                description: "tls_certificate: \(path) holds no certificate in PEM form",
                remedy:
                    "it begins with -----BEGIN CERTIFICATE-----; openssl x509 -in FILE -inform der -out \(path) makes one"
            )
        }
        return chain
    }

    private static func privateKey(_ path: String) throws(Fault) -> NIOSSLPrivateKey {
        let bytes = try read(path, "tls_key")
        if String(decoding: bytes, as: UTF8.self).contains("ENCRYPTED") {
            throw Fault(
                description: "tls_key: \(path) is locked by a passphrase",
                remedy: "openssl pkey -in \(path) -out KEY writes it without; let nobody but tandem read that file")
        }
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
        } catch {
            throw Fault(
                description: "tls_key: \(path) holds no private key in PEM form",
                remedy: "it begins with -----BEGIN PRIVATE KEY-----")
        }
    }

    private static func end(of own: NIOSSLCertificate, in path: String, now: Date) throws(Fault) -> Date {
        let from = Date(timeIntervalSince1970: TimeInterval(own.notValidBefore))
        let until = Date(timeIntervalSince1970: TimeInterval(own.notValidAfter))
        if until < now {
            throw Fault(
                description: "tls_certificate: \(path) expired on \(day(until))",
                remedy: "renew it; a server that runs takes the new one by itself")
        }
        if from > now {
            throw Fault(
                description: "tls_certificate: \(path) is valid only from \(day(from)) on",
                remedy: "look at this machine's clock, or take an older certificate until then")
        }
        return until
    }

    private static func read(_ path: String, _ setting: String) throws(Fault) -> [UInt8] {
        do {
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            let isThere = FileManager.default.fileExists(atPath: path)
            throw Fault(
                description: "\(setting): \(path) " + (isThere ? "cannot be read" : "is not there"),
                remedy: isThere
                    ? "the user that runs tandem has to be able to read it, and to enter its folders"
                    : "give the path of a PEM file")
        }
    }

    public static func day(_ date: Date) -> String { String(date.formatted(.iso8601).prefix(10)) }
}
