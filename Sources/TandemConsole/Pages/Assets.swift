import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Tandem
import TandemHTTP

/// The files of the folder Assets, which the binary carries.
enum Assets {
    struct File: Sendable {
        let type: String
        let bytes: [UInt8]
        /// Changes with the content, so that browsers may keep a file for ever.
        let version: String

        init(_ type: String, _ bytes: [UInt8]) {
            self.type = type
            self.bytes = bytes
            version = SHA256.hash(data: Data(bytes)).prefix(6).map {
                String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
            }
            .joined()
        }
    }

    static let files: [String: File] = [
        "console.css": File("text/css; charset=utf-8", PackageResources.console_css),
        "console.js": File("text/javascript; charset=utf-8", PackageResources.console_js),
        "tandem.svg": File("image/svg+xml", PackageResources.tandem_svg),
    ]

    static let templates: [(name: String, text: String)] = [
        ("layout", PackageResources.layout_mustache),
        ("person-then", PackageResources.person_then_mustache),
        ("filter", PackageResources.filter_mustache),
        ("source-form", PackageResources.source_form_mustache),
        ("plan-form", PackageResources.plan_form_mustache),
        ("pager", PackageResources.pager_mustache),
        ("empty", PackageResources.empty_mustache),
        ("merge-box", PackageResources.merge_box_mustache),
        ("identity-plan", PackageResources.identity_plan_mustache),
        ("merge", PackageResources.merge_mustache),
        ("review", PackageResources.review_mustache),
        ("opportunity-list", PackageResources.opportunity_list_mustache),
        ("opportunity-table", PackageResources.opportunity_table_mustache),
        ("log", PackageResources.log_mustache),
        ("list-condition", PackageResources.list_condition_mustache),
        ("next-steps", PackageResources.next_steps_mustache),
        ("planned", PackageResources.planned_mustache),
        ("move-form", PackageResources.move_form_mustache),
        ("task-button", PackageResources.task_button_mustache),
        ("origin-card", PackageResources.origin_card_mustache),
        ("activity-tools", PackageResources.activity_tools_mustache),
        ("call-link", PackageResources.call_link_mustache),
        ("take", PackageResources.take_mustache),
        ("timeline", PackageResources.timeline_mustache),
        ("sources-card", PackageResources.sources_card_mustache),
        ("record-field", PackageResources.record_field_mustache),
        ("record-aside", PackageResources.record_aside_mustache),
        ("comments-card", PackageResources.comments_card_mustache),
        ("files-card", PackageResources.files_card_mustache),
        ("tags-card", PackageResources.tags_card_mustache),
        ("merged-card", PackageResources.merged_card_mustache),
        ("reminders", PackageResources.reminders_mustache),
        ("rules-field", PackageResources.rules_field_mustache),
        ("rules-form", PackageResources.rules_form_mustache),
        ("lists", PackageResources.lists_mustache),
        ("list", PackageResources.list_mustache),
        ("duplicates", PackageResources.duplicates_mustache),
        ("compare", PackageResources.compare_mustache),
        ("record-merge", PackageResources.record_merge_mustache),
        ("sign-in", PackageResources.sign_in_mustache),
        ("password", PackageResources.password_mustache),
        ("users", PackageResources.users_mustache),
        ("roles", PackageResources.roles_mustache),
        ("role", PackageResources.role_mustache),
        ("tenants", PackageResources.tenants_mustache),
        ("error", PackageResources.error_mustache),
        ("thread", PackageResources.thread_mustache),
        ("people", PackageResources.people_mustache),
        ("person", PackageResources.person_mustache),
        ("events", PackageResources.events_mustache),
        ("event-rows", PackageResources.event_rows_mustache),
        ("event", PackageResources.event_mustache),
        ("quarantine", PackageResources.quarantine_mustache),
        ("quarantined", PackageResources.quarantined_mustache),
        ("sources", PackageResources.sources_mustache),
        ("source", PackageResources.source_mustache),
        ("replay", PackageResources.replay_mustache),
        ("work", PackageResources.work_mustache),
        ("send", PackageResources.send_mustache),
        ("plans", PackageResources.plans_mustache),
        ("plan", PackageResources.plan_mustache),
        ("merges", PackageResources.merges_mustache),
        ("operations", PackageResources.operations_mustache), ("exports", PackageResources.exports_mustache),
        ("imports", PackageResources.imports_mustache),
        ("audit", PackageResources.audit_mustache), ("keys", PackageResources.keys_mustache),
        ("bi-logins", PackageResources.bi_logins_mustache),
        ("privacy", PackageResources.privacy_mustache), ("receipt", PackageResources.receipt_mustache),
        ("doctor", PackageResources.doctor_mustache), ("backups", PackageResources.backups_mustache),
        ("bi-sessions", PackageResources.bi_sessions_mustache), ("unconvert", PackageResources.unconvert_mustache),
        ("upgrade", PackageResources.upgrade_mustache),
        ("reviews", PackageResources.reviews_mustache),
        ("accounts", PackageResources.accounts_mustache),
        ("account", PackageResources.account_mustache),
        ("today", PackageResources.today_mustache),
        ("today-deal", PackageResources.today_deal_mustache),
        ("today-lead", PackageResources.today_lead_mustache),
        ("today-all", PackageResources.today_all_mustache),
        ("tasks", PackageResources.tasks_mustache),
        ("contacts", PackageResources.contacts_mustache),
        ("contact", PackageResources.contact_mustache),
        ("bin", PackageResources.bin_mustache),
        ("board", PackageResources.board_mustache),
        ("move", PackageResources.move_mustache),
        ("record-form", PackageResources.record_form_mustache),
        ("leads", PackageResources.leads_mustache),
        ("lead", PackageResources.lead_mustache),
        ("search", PackageResources.search_mustache),
        ("submission", PackageResources.submission_mustache),
        ("fields", PackageResources.fields_mustache),
        ("field", PackageResources.field_mustache),
        ("field-form", PackageResources.field_form_mustache),
        ("forms", PackageResources.forms_mustache),
        ("form", PackageResources.form_mustache),
        ("opportunities", PackageResources.opportunities_mustache),
        ("opportunity", PackageResources.opportunity_mustache),
        ("tickets", PackageResources.tickets_mustache),
        ("ticket", PackageResources.ticket_mustache),
    ].map { ($0, String(decoding: $1, as: UTF8.self)) }

    static func link(to name: String) -> String {
        "/console/assets/\(name)?v=\(files[name]?.version ?? "")"
    }
}

extension Console {
    var assetRoutes: [Route] {
        [
            Route(
                .get, "/console/assets/{file}", "A file of the console", feature: "Console", scope: .none,
                parameters: [.init("v", "Its version; a file never changes under one")]
            ) { call in
                guard let file = Assets.files[call.capture("file")] else { throw Problem.notFound }
                var headers: HTTPFields = [:]
                headers[.contentType] = file.type
                headers[.cacheControl] =
                    call.query["v"] == file.version ? "public, max-age=31536000, immutable" : "no-cache"
                headers[.contentSecurityPolicy] =
                    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
                return Response(
                    status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
            }
        ]
    }
}
