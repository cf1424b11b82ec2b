/// Hosts where anybody gets a mailbox: such a domain says nothing about the company of its holder.
public enum FreeMail {
    /// - Parameter domain: a normalised host name.
    public static func contains(_ domain: String) -> Bool { domains.contains(domain) }

    static let domains: Set<String> = [
        "126.com", "139.com", "163.com", "189.cn", "aim.com", "alice.it", "aliyun.com", "aol.co.uk", "aol.com",
        "aol.de",
        "aol.fr", "arcor.de", "att.net", "bbox.fr", "bellsouth.net", "bigpond.com", "blueyonder.co.uk", "bluewin.ch",
        "bol.com.br",
        "bt.com", "btinternet.com", "charter.net", "comcast.net", "cox.net", "daum.net", "duck.com", "earthlink.net",
        "email.com", "email.cz", "fastmail.com", "fastmail.fm", "foxmail.com", "free.fr", "freenet.de", "frontier.com",
        "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hanmail.net", "hey.com",
        "hotmail.be", "hotmail.ca", "hotmail.co.jp", "hotmail.co.uk", "hotmail.com", "hotmail.com.br", "hotmail.de",
        "hotmail.es", "hotmail.fr", "hotmail.it", "hotmail.nl", "hushmail.com", "icloud.com", "ig.com.br", "inbox.lv",
        "inbox.ru", "interia.pl", "juno.com", "laposte.net", "libero.it", "list.ru", "live.be", "live.ca", "live.co.uk",
        "live.com", "live.com.au", "live.de", "live.fr", "live.it", "live.nl", "mac.com", "mail.com", "mail.de",
        "mail.ru",
        "mailbox.org", "me.com", "msn.com", "nate.com", "naver.com", "netzero.net", "neuf.fr", "ntlworld.com", "o2.pl",
        "onet.pl", "optonline.net", "optusnet.com.au", "orange.fr", "outlook.at", "outlook.com", "outlook.com.br",
        "outlook.de", "outlook.es", "outlook.fr", "outlook.it", "pm.me", "poczta.onet.pl", "posteo.de", "proton.me",
        "protonmail.ch", "protonmail.com", "qq.com", "rambler.ru", "rediffmail.com", "rocketmail.com", "rogers.com",
        "sapo.pt", "sbcglobal.net", "seznam.cz", "sfr.fr", "shaw.ca", "sina.cn", "sina.com", "sky.com", "sohu.com",
        "sympatico.ca", "t-online.de", "talktalk.net", "telenet.be", "telus.net", "terra.com.br", "tiscali.it",
        "tuta.com",
        "tuta.io", "tutanota.com", "tutanota.de", "uol.com.br", "verizon.net", "virgilio.it", "virgin.net",
        "virginmedia.com",
        "wanadoo.fr", "web.de", "wp.pl", "xtra.co.nz", "yahoo.ca", "yahoo.cn", "yahoo.co.id", "yahoo.co.in",
        "yahoo.co.jp",
        "yahoo.co.uk", "yahoo.com", "yahoo.com.ar", "yahoo.com.au", "yahoo.com.br", "yahoo.com.mx", "yahoo.de",
        "yahoo.es",
        "yahoo.fr", "yahoo.in", "yahoo.it", "yandex.com", "yandex.ru", "yeah.net", "ymail.com", "ziggo.nl", "zoho.com",
        "zohomail.com",
    ]
}
