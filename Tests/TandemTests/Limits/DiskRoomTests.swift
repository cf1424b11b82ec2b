import Testing

@testable import Tandem

@Suite("Room on the disk")
struct DiskRoomTests {
    private static let megabyte: UInt64 = 1 << 20

    @Test(
        "Five percent stay free, within bounds",
        arguments: [(300, 32), (10_000, 500), (4_000_000, 20_480)] as [(UInt64, UInt64)])
    func reserve(total: UInt64, reserve: UInt64) {
        #expect(DiskRoom.Bounds().reserve(ofBytes: total * Self.megabyte) == reserve * Self.megabyte)
    }

    @Test("Nothing has to stay free where that is said")
    func none() {
        #expect(!DiskRoom.Bounds(percent: 0).isShort(free: 0, total: 1 << 40, wasShort: true))
    }

    @Test(
        "The door opens only when there is clearly room",
        arguments: [(499, false, true), (500, false, false), (599, true, true), (600, true, false)])
    func hysteresis(free: UInt64, wasShort: Bool, isShort: Bool) {
        let bounds = DiskRoom.Bounds()
        #expect(
            bounds.isShort(free: free * Self.megabyte, total: 10_000 * Self.megabyte, wasShort: wasShort) == isShort)
    }

    @Test("An error of the database closes the door")
    func told() {
        let room = DiskRoom()
        room.look()
        #expect(!room.isShort)
        room.told()
        #expect(room.isShort)
    }

    @Test("The disk of a path is measured")
    func measured() throws {
        let space = try #require(DiskRoom.space(at: "/"))
        #expect(space.total > 0 && space.free <= space.total)
        #expect(DiskRoom.space(at: "/nowhere/at/all") == nil)
    }
}
