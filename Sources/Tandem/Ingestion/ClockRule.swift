/// When a message happened, by the clocks of its sender and ours.
struct ClockRule {
    /// Later than this after receipt is no honest clock.
    static let future = WireTime.day

    var timestamp: Int64
    var flags: MessageFlags

    /// - Parameters:
    ///   - original: what the message says, if it does.
    ///   - sent: when the sender's clock says that it was sent.
    ///   - correctsSkew: browsers and mobile devices have clocks that are wrong by any amount; a server's timestamp is
    ///     kept, because a historical import must not be shifted.
    init(original: Int64?, sent: Int64?, received: Int64, correctsSkew: Bool) throws(MessageError) {
        timestamp = original ?? received
        flags = []
        if correctsSkew, let original, let sent, sent != received {
            timestamp = original + (received - sent)
            flags.insert(.skewCorrected)
        }
        if timestamp > received + Self.future {
            timestamp = received
            flags.insert(.clockClamped)
        }
        if timestamp < 0 { throw .timestampTooEarly }
    }

    /// Of a message that another product kept, whose clocks were set right when it came: its `timestamp` holds. One that
    /// was kept before that, with the sender's time alone, gets it here, by the time at which it was received there.
    ///
    /// - Parameters:
    ///   - timestamp: the corrected time.
    ///   - received: by the other product's clock; nil: not known.
    ///   - now: by ours.
    init(
        archived timestamp: Int64?, original: Int64?, sent: Int64?, received: Int64?, now: Int64
    ) throws(MessageError) {
        guard let time = timestamp ?? original ?? received else { throw .invalidTimestamp }
        let isUncorrected = timestamp == nil && original != nil && received != nil
        try self.init(
            original: time, sent: isUncorrected ? sent : nil, received: received ?? now, correctsSkew: true)
    }
}
