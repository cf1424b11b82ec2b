import Testing

@testable import Tandem

@Suite struct IdentityRulesTests {
    @Test func defaultsAreThoseOfTheDesign() throws {
        let rules = IdentityRules()
        #expect(rules.identifiers.map(\.type) == ["user_id", "email"])
        #expect(rules.identifiers.map(\.limit) == [1, 5])
        #expect(try IdentityRules(json: rules.json) == rules)
        #expect(try IdentityRules(json: [:]) == rules)
    }

    @Test func everyFieldSurvivesARoundTrip() throws {
        let rules = IdentityRules(
            version: 7,
            identifiers: [
                .init(type: "user_id", priority: 1, limit: 2, window: .weekly),
                .init(
                    type: "app_id", priority: 5, limit: 3, window: .annually, blocked: ["x"], blockedPatterns: ["^t"],
                    trait: "app_id"),
            ],
            defaultLimit: 9, defaultWindow: .monthly, blocked: ["guest"], blockedPatterns: [], maxIDs: 50, maxMerges: 6,
            anomalyIDsPerHour: 11)
        #expect(try IdentityRules(json: JSON(parsing: rules.json.encoded())) == rules)
    }

    @Test func typesAreOrderedByPriority() throws {
        let rules = try IdentityRules(json: [
            "identifiers": [
                ["type": "email", "priority": 3], ["type": "user_id", "priority": 1], ["type": "phone", "priority": 2],
            ]
        ])
        #expect(rules.identifiers.map(\.type) == ["user_id", "phone", "email"])
        #expect(rules.identifiers.map(\.limit) == [1, 5, 5])
    }

    @Test(arguments: [
        ("[]", "", "not_object"),
        (#"{"identifiers":{}}"#, "/identifiers", "not_array"),
        (#"{"identifiers":[{"priority":1}]}"#, "/identifiers/0/type", "invalid_type"),
        (#"{"identifiers":[{"type":"User Id"}]}"#, "/identifiers/0/type", "invalid_type"),
        (#"{"identifiers":[{"type":"email","limit":0}]}"#, "/identifiers/0/limit", "out_of_range"),
        (#"{"identifiers":[{"type":"email","limit":1.5}]}"#, "/identifiers/0/limit", "out_of_range"),
        (#"{"identifiers":[{"type":"email","window":"daily"}]}"#, "/identifiers/0/window", "invalid_window"),
        (#"{"identifiers":[{"type":"email"},{"type":"email"}]}"#, "/identifiers/1/type", "duplicate"),
        (
            #"{"identifiers":[{"type":"email","priority":1},{"type":"phone","priority":1}]}"#,
            "/identifiers/1/priority", "duplicate"
        ),
        (#"{"identifiers":[{"type":"email","colour":1}]}"#, "/identifiers/0/colour", "unknown_field"),
        (
            #"{"identifiers":[{"type":"email","blocked_patterns":["a","("]}]}"#,
            "/identifiers/0/blocked_patterns/1", "invalid_pattern"
        ),
        (#"{"identifiers":[{"type":"x","trait":""}]}"#, "/identifiers/0/trait", "invalid_trait"),
        (#"{"default":{"limit":0}}"#, "/default/limit", "out_of_range"),
        (#"{"default":3}"#, "/default", "not_object"),
        (#"{"blocked":[1]}"#, "/blocked/0", "not_string"),
        (#"{"blocked_patterns":"x"}"#, "/blocked_patterns", "not_array"),
        (#"{"max_ids":-1}"#, "/max_ids", "out_of_range"),
        (#"{"a/b~":1}"#, "/a~1b~0", "unknown_field"),
    ])
    func faultsPointToTheirPlace(body: String, pointer: String, code: String) {
        #expect {
            try IdentityRules(json: try JSON(parsing: body))
        } throws: { error in
            guard case TandemError.invalid(let fields)? = error as? TandemError else { return false }
            return fields.map(\.pointer) == [pointer] && fields.map(\.code) == [code]
        }
    }

    @Test func allFaultsAreReportedAtOnce() {
        #expect {
            try IdentityRules(json: ["max_ids": 0, "max_merges": "x", "blocked": 1])
        } throws: { error in
            guard case TandemError.invalid(let fields)? = error as? TandemError else { return false }
            return fields.count == 3
        }
    }

    @Test(arguments: [
        ("user_id", "0", true), ("user_id", "0-0", true),
        ("anonymous_id", "00000000-0000-0000-0000-000000000000", true),
        ("user_id", "-1", true), ("user_id", "null", true), ("user_id", "anonymous", true),
        ("user_id", "[object Object]", true),
        ("user_id", "10", false), ("user_id", "Null", false), ("email", "guest@acme.example", true),
        ("user_id", "guest@acme.example", false),
    ])
    func someValuesAreNobodys(type: String, value: String, blocked: Bool) {
        var rules = IdentityRules()
        rules.identifiers[1].blockedPatterns = ["^guest@"]
        #expect(IdentifierPolicy(rules).isBlocked(Identifier(type: type, value: value)) == blocked)
    }

    @Test func listedTypesComeFirstThenTheOthersByName() {
        let policy = IdentifierPolicy(IdentityRules())
        let identifiers = [
            ("zeta", "1"), ("anonymous_id", "b"), ("anonymous_id", "a"), ("email", "é"), ("email", "z"),
            ("user_id", "9"), ("Alpha", "1"),
        ].map { Identifier(type: $0.0, value: $0.1) }
        #expect(
            identifiers.sorted(by: policy.precedes).map { "\($0.type)=\($0.value)" }
                == ["user_id=9", "email=z", "email=é", "Alpha=1", "anonymous_id=a", "anonymous_id=b", "zeta=1"])
    }

    @Test func aKeyHasTwoSpellings() {
        #expect(KeySpelling.both("app_id") == ["app_id", "appId"])
        #expect(KeySpelling.both("appId") == ["appId", "app_id"])
        #expect(KeySpelling.both("phone") == ["phone"])
    }
}
