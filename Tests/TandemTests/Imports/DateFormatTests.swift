import Testing

@testable import Tandem

@Suite struct DateFormatTests {
    @Test(arguments: [
        ("YYYY-MM-DD", "2017-03-01", "2017-03-01"), ("YYYYMMDD", "19970101", "1997-01-01"),
        ("MM/DD/YYYY", "3/1/2017", "2017-03-01"), ("M/D/YYYY", "10/20/2016", "2016-10-20"),
        ("DD/MM/YYYY", "03/01/2017", "2017-01-03"), ("dd.MM.yyyy", "1.3.2017", "2017-03-01"),
        ("DD MMM YYYY", "07 Feb 2020", "2020-02-07"), ("%Y%m%d", "19980630", "1998-06-30"),
        ("%m/%d/%Y", "2/29/2016", "2016-02-29"), ("iso8601", "2016-02-29T23:30:00-05:00", "2016-02-29"),
        ("YYYY-MM-DDTHH:mm:ssZ", "2016-02-29T23:30:00-05:00", "2016-02-29"),
    ])
    func datesAreReadAsTheFormatSays(format: String, text: String, date: String) throws {
        #expect(try DateFormat(format).read(text)?.date == date)
    }

    @Test(arguments: [
        ("MM/DD/YYYY", "13/1/2017"), ("MM/DD/YYYY", "2/29/2017"), ("MM/DD/YYYY", "2/30/2016"), ("MM/DD/YYYY", "1/2/17"),
        ("YYYYMMDD", "1997011"), ("YYYYMMDD", "199701011"), ("YYYY-MM-DD", "2017-03-01 "), ("YYYY-MM-DD", ""),
        ("DD MMM YYYY", "07 Fev 2020"), ("YYYY-MM-DD HH:mm", "2017-03-01 24:00"), ("iso8601", "01/02/2017"),
        ("unix", "now"),
    ])
    func whatIsNotWrittenSoIsNoDate(format: String, text: String) throws {
        #expect(try DateFormat(format).read(text) == nil)
    }

    @Test(arguments: [
        "YY-MM-DD", "mm/dd/yyyy", "MM/YYYY", "MM/DD", "DD/DD/YYYY", "YYYY-MM-DD hh:mm", "%y%m%d", "%I", "%D", "%x",
        "YYYY-MM-DD mm", "MM/DD/YYYY Q", "", "YYYY-MM-DD HH:mm HH", "%Y-%m-%",
    ])
    func formatsThatLeaveSomethingOpenAreRefused(format: String) {
        #expect(throws: DateFormat.FormatError.self) { _ = try DateFormat(format) }
    }

    @Test(arguments: [
        ("Europe/Berlin", "2020-07-01 12:00", "2020-07-01T10:00:00Z"),
        ("Europe/Berlin", "2020-01-01 12:00", "2020-01-01T11:00:00Z"),
        ("America/New_York", "1997-01-01 00:00", "1997-01-01T05:00:00Z"),
        // The clocks went back at 3:00: 2:30 came twice, and the first counts.
        ("Europe/Berlin", "2020-10-25 02:30", "2020-10-25T00:30:00Z"),
        // They went forward at 2:00: there was no 2:30.
        ("Europe/Berlin", "2020-03-29 02:30", "2020-03-29T01:30:00Z"),
    ])
    func localTimesBecomeInstants(zone: String, text: String, instant: String) throws {
        let reading = try #require(try DateFormat("YYYY-MM-DD HH:mm").read(text))
        #expect(try RecordTime.text(#require(ImportZone(zone)).instant(reading)) == instant)
    }

    @Test func aZoneInTheTextComesFirst() throws {
        let reading = try #require(try DateFormat("iso8601").read("2020-07-01T12:00:00+02:00"))
        #expect(
            try RecordTime.text(#require(ImportZone("America/New_York")).instant(reading)) == "2020-07-01T10:00:00Z")
        let seconds = try #require(try DateFormat("unix").read("1593597600"))
        #expect(RecordTime.text(ImportZone.utc.instant(seconds)) == "2020-07-01T10:00:00Z")
        let fraction = try #require(try DateFormat("%Y-%m-%dT%H:%M:%S.%f%z").read("2020-07-01T12:00:00.25+0200"))
        #expect(RecordTime.text(ImportZone.utc.instant(fraction)) == "2020-07-01T10:00:00.250Z")
    }
}
