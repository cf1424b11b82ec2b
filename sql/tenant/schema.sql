-- Written by `make docs` from a new tenant with both modules: its tables, sequences, indexes and keys, as the migrations
-- leave them. Comments stand there, views in views/bi. Never run.

CREATE TABLE t_x.account_contacts (
    account_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    role text DEFAULT ''::text NOT NULL,
    "from" date,
    "to" date,
    "primary" boolean DEFAULT false NOT NULL,
    CONSTRAINT account_contacts_check CHECK (("to" >= "from"))
);

CREATE TABLE t_x.accounts (
    id uuid NOT NULL,
    external_id text,
    owner_id uuid,
    name text NOT NULL,
    domain text COLLATE pg_catalog."C",
    company_key text COLLATE pg_catalog."C",
    website text,
    industry text,
    employee_count integer,
    annual_revenue numeric(19,4),
    currency text,
    parent_id uuid,
    phone text,
    phone_e164 text COLLATE pg_catalog."C",
    address_street text,
    address_city text,
    address_region text,
    address_postal_code text,
    address_country text,
    description text,
    lifecycle text,
    group_id text COLLATE pg_catalog."C",
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    normalizer_version smallint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT accounts_check CHECK ((parent_id <> id)),
    CONSTRAINT accounts_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT accounts_employee_count_check CHECK ((employee_count >= 0)),
    CONSTRAINT accounts_lifecycle_check CHECK ((lifecycle = ANY (ARRAY['prospect'::text, 'customer'::text, 'former'::text, 'partner'::text]))),
    CONSTRAINT accounts_name_check CHECK ((name <> ''::text)),
    CONSTRAINT accounts_phone_e164_check CHECK ((phone_e164 ~ '^\+[0-9]{4,15}$'::text))
);

CREATE TABLE t_x.activities (
    id uuid NOT NULL,
    external_id text,
    owner_id uuid,
    type text NOT NULL,
    direction text,
    status text DEFAULT 'done'::text NOT NULL,
    subject text,
    body text,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    due_at timestamp with time zone,
    due_date date,
    duration_s integer,
    outcome text,
    priority text,
    source text DEFAULT 'manual'::text NOT NULL,
    thread_id text,
    recording_url text,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    recurrence text,
    recurs_when text,
    CONSTRAINT activities_check CHECK ((ended_at >= started_at)),
    CONSTRAINT activities_direction_check CHECK ((direction = ANY (ARRAY['in'::text, 'out'::text]))),
    CONSTRAINT activities_duration_s_check CHECK ((duration_s >= 0)),
    CONSTRAINT activities_priority_check CHECK ((priority = ANY (ARRAY['low'::text, 'normal'::text, 'high'::text]))),
    CONSTRAINT activities_recurs_when_check CHECK ((recurs_when = ANY (ARRAY['done'::text, 'due'::text]))),
    CONSTRAINT activities_source_check CHECK ((source = ANY (ARRAY['manual'::text, 'sync'::text, 'api'::text, 'sequence'::text, 'rule'::text]))),
    CONSTRAINT activities_status_check CHECK ((status = ANY (ARRAY['planned'::text, 'done'::text, 'cancelled'::text, 'failed'::text]))),
    CONSTRAINT activities_type_check CHECK ((type ~ '^[a-z][a-z0-9_]{0,62}$'::text))
);

CREATE TABLE t_x.activity_links (
    activity_id uuid NOT NULL,
    object text NOT NULL,
    record_id uuid NOT NULL,
    role text DEFAULT ''::text NOT NULL,
    CONSTRAINT activity_links_object_check CHECK ((object = ANY (ARRAY['account'::text, 'contact'::text, 'lead'::text, 'opportunity'::text, 'ticket'::text])))
);

CREATE TABLE t_x.activity_reminders (
    activity_id uuid NOT NULL,
    minutes integer NOT NULL,
    channel text DEFAULT 'console'::text NOT NULL,
    CONSTRAINT activity_reminders_channel_check CHECK ((channel = 'console'::text)),
    CONSTRAINT activity_reminders_minutes_check CHECK (((minutes >= 0) AND (minutes <= 525600)))
);

CREATE TABLE t_x.attachments (
    id uuid NOT NULL,
    external_id text,
    owner_id uuid,
    object text NOT NULL,
    object_id uuid NOT NULL,
    file_name text NOT NULL,
    media_type text NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 text NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT attachments_file_name_check CHECK ((file_name <> ''::text)),
    CONSTRAINT attachments_object_check CHECK ((object ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT attachments_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT attachments_size_bytes_check CHECK ((size_bytes >= 0))
);

CREATE TABLE t_x.comments (
    id uuid NOT NULL,
    external_id text,
    owner_id uuid,
    object text NOT NULL,
    object_id uuid NOT NULL,
    body text NOT NULL,
    mentions uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    unknown_mentions text[] DEFAULT '{}'::text[] NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT comments_body_check CHECK ((body <> ''::text)),
    CONSTRAINT comments_object_check CHECK ((object ~ '^[a-z][a-z0-9_]{0,62}$'::text))
);

CREATE TABLE t_x_i.component (
    label bigint NOT NULL,
    profile_id uuid NOT NULL,
    public_node bigint NOT NULL,
    identifiers integer DEFAULT 0 NOT NULL,
    merges integer DEFAULT 0 NOT NULL,
    CONSTRAINT component_identifiers_check CHECK ((identifiers >= 0)),
    CONSTRAINT component_merges_check CHECK ((merges >= 0))
)
WITH (fillfactor='80');

CREATE TABLE t_x_i.consent_statement (
    node bigint NOT NULL,
    ts timestamp with time zone NOT NULL,
    seq bigint NOT NULL,
    message_id text NOT NULL,
    source smallint,
    categories jsonb NOT NULL,
    proof jsonb
);

CREATE TABLE t_x_i.node (
    id bigint NOT NULL,
    public_id uuid NOT NULL,
    component bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    traits jsonb DEFAULT '{}'::jsonb NOT NULL,
    trait_ts jsonb DEFAULT '{}'::jsonb NOT NULL,
    erased_at timestamp with time zone,
    CONSTRAINT node_trait_ts_check CHECK ((jsonb_typeof(trait_ts) = 'object'::text)),
    CONSTRAINT node_traits_check CHECK ((jsonb_typeof(traits) = 'object'::text))
)
WITH (fillfactor='75');
ALTER TABLE ONLY t_x_i.node ALTER COLUMN traits SET STATISTICS 0;
ALTER TABLE ONLY t_x_i.node ALTER COLUMN trait_ts SET STATISTICS 0;

CREATE TABLE t_x_i.source (
    id smallint NOT NULL,
    source_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    CONSTRAINT source_kind_check CHECK ((kind = ANY (ARRAY['server'::text, 'browser'::text, 'mobile'::text, 'webhook'::text, 'import'::text, 'crm'::text])))
);

CREATE TABLE t_x_i.edge (
    id bigint NOT NULL,
    merge uuid NOT NULL,
    a bigint NOT NULL,
    b bigint NOT NULL,
    active boolean DEFAULT true NOT NULL,
    CONSTRAINT edge_check CHECK ((a <> b))
);

CREATE TABLE t_x_i.identifier (
    type text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C",
    node bigint NOT NULL,
    attached_at timestamp with time zone NOT NULL,
    first_event uuid,
    source smallint,
    CONSTRAINT identifier_type_check CHECK (((octet_length(type) >= 1) AND (octet_length(type) <= 128))),
    CONSTRAINT identifier_value_check CHECK (((octet_length(value) >= 1) AND (octet_length(value) <= 512)))
)
WITH (fillfactor='90');

CREATE TABLE t_x_i.merge (
    id uuid NOT NULL,
    ref text NOT NULL,
    cause text NOT NULL,
    state text DEFAULT 'applied'::text NOT NULL,
    winner uuid NOT NULL,
    loser uuid NOT NULL,
    winner_node bigint,
    effective_at timestamp with time zone NOT NULL,
    message_id text,
    actor text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    undone_at timestamp with time zone,
    undone_by text,
    CONSTRAINT merge_cause_check CHECK ((cause = ANY (ARRAY['event'::text, 'manual'::text, 'review'::text, 'alias'::text]))),
    CONSTRAINT merge_check CHECK ((((state = 'undone'::text) = (undone_at IS NOT NULL)) OR (state = 'erased'::text))),
    CONSTRAINT merge_ref_check CHECK (((octet_length(ref) >= 1) AND (octet_length(ref) <= 600))),
    CONSTRAINT merge_state_check CHECK ((state = ANY (ARRAY['applied'::text, 'undone'::text, 'erased'::text])))
);

CREATE SEQUENCE t_x_i.suppression_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE t_x_i.suppression (
    hash bytea NOT NULL,
    seq bigint DEFAULT nextval('t_x_i.suppression_seq'::regclass) NOT NULL,
    type text NOT NULL,
    request uuid NOT NULL,
    since timestamp with time zone NOT NULL,
    lifted_at timestamp with time zone,
    CONSTRAINT suppression_hash_check CHECK ((octet_length(hash) = 32))
);

CREATE TABLE t_x_i.suppression_key (
    singleton boolean DEFAULT true NOT NULL,
    key bytea NOT NULL,
    CONSTRAINT suppression_key_key_check CHECK ((octet_length(key) = 32)),
    CONSTRAINT suppression_key_singleton_check CHECK (singleton)
);

CREATE TABLE t_x.contact_channels (
    contact_id uuid NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    phone_e164 text COLLATE pg_catalog."C",
    label text,
    "primary" boolean DEFAULT false NOT NULL,
    opted_out boolean DEFAULT false NOT NULL,
    invalid boolean DEFAULT false NOT NULL,
    CONSTRAINT contact_channels_kind_check CHECK ((kind = ANY (ARRAY['email'::text, 'phone'::text, 'mobile'::text, 'url'::text]))),
    CONSTRAINT contact_channels_phone_e164_check CHECK ((phone_e164 ~ '^\+[0-9]{4,15}$'::text)),
    CONSTRAINT contact_channels_value_check CHECK ((value <> ''::text))
);

CREATE TABLE t_x.contacts (
    id uuid NOT NULL,
    external_id text,
    owner_id uuid,
    first_name text,
    last_name text,
    name text GENERATED ALWAYS AS (NULLIF(btrim(((COALESCE(first_name, ''::text) || ' '::text) || COALESCE(last_name, ''::text))), ''::text)) STORED,
    title text,
    email text,
    email_norm text COLLATE pg_catalog."C",
    phone text,
    phone_e164 text COLLATE pg_catalog."C",
    profile_id uuid,
    do_not_contact boolean DEFAULT false NOT NULL,
    language text,
    time_zone text,
    address_street text,
    address_city text,
    address_region text,
    address_postal_code text,
    address_country text,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    normalizer_version smallint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT contacts_email_norm_check CHECK ((email_norm = lower(email_norm))),
    CONSTRAINT contacts_phone_e164_check CHECK ((phone_e164 ~ '^\+[0-9]{4,15}$'::text))
);

CREATE TABLE t_x.profiles (
    profile_id uuid NOT NULL,
    user_id text,
    email text,
    phone text,
    first_seen_at timestamp with time zone,
    last_seen_at timestamp with time zone
)
WITH (fillfactor='75');

CREATE TABLE t_x_i.source_hour (
    hour timestamp with time zone NOT NULL,
    source smallint NOT NULL,
    key_id text NOT NULL,
    accepted bigint NOT NULL,
    duplicates bigint NOT NULL,
    quarantined bigint NOT NULL,
    rejected bigint NOT NULL,
    recovered bigint NOT NULL
);

CREATE TABLE t_x_i.tally (
    seq bigint NOT NULL,
    hour timestamp with time zone NOT NULL,
    source smallint NOT NULL,
    key_id text NOT NULL,
    accepted integer DEFAULT 0 NOT NULL,
    duplicates integer DEFAULT 0 NOT NULL,
    quarantined integer DEFAULT 0 NOT NULL,
    rejected integer DEFAULT 0 NOT NULL,
    recovered integer DEFAULT 0 NOT NULL
);

CREATE SEQUENCE t_x_i.event_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 32;

CREATE TABLE t_x_i.event_log (
    node bigint NOT NULL,
    ts timestamp with time zone NOT NULL,
    seq bigint DEFAULT nextval('t_x_i.event_seq'::regclass) NOT NULL,
    received_at timestamp with time zone NOT NULL,
    event_id uuid NOT NULL,
    message_id text NOT NULL,
    type text NOT NULL,
    name text,
    account_id uuid,
    source smallint NOT NULL,
    session text,
    flags integer DEFAULT 0 NOT NULL,
    payload jsonb NOT NULL,
    CONSTRAINT event_log_type_check CHECK ((type = ANY (ARRAY['track'::text, 'page'::text, 'screen'::text, 'identify'::text, 'group'::text, 'alias'::text])))
)
PARTITION BY RANGE (ts);
ALTER TABLE ONLY t_x_i.event_log ALTER COLUMN message_id SET STATISTICS 0;
ALTER TABLE ONLY t_x_i.event_log ALTER COLUMN payload SET STATISTICS 0;

CREATE TABLE t_x.forms (
    id uuid NOT NULL,
    external_id text,
    owner_id uuid,
    name text NOT NULL,
    makes_leads boolean DEFAULT true NOT NULL,
    lead_source text,
    campaign text,
    team_id uuid,
    account_owner boolean DEFAULT false NOT NULL,
    submission_count integer DEFAULT 0 NOT NULL,
    lead_count integer DEFAULT 0 NOT NULL,
    last_submitted_at timestamp with time zone,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT forms_name_check CHECK ((name <> ''::text))
);

CREATE TABLE t_x_i.membership (
    node bigint NOT NULL,
    group_id text NOT NULL COLLATE pg_catalog."C",
    "left" boolean DEFAULT false NOT NULL,
    at timestamp with time zone NOT NULL,
    message_id text NOT NULL,
    source smallint,
    CONSTRAINT membership_group_id_check CHECK (((octet_length(group_id) >= 1) AND (octet_length(group_id) <= 2000)))
);

CREATE TABLE t_x_i.trait_record (
    node bigint NOT NULL,
    ts timestamp with time zone NOT NULL,
    seq bigint NOT NULL,
    message_id text NOT NULL,
    source smallint,
    delta jsonb NOT NULL
);
ALTER TABLE ONLY t_x_i.trait_record ALTER COLUMN message_id SET STATISTICS 0;
ALTER TABLE ONLY t_x_i.trait_record ALTER COLUMN delta SET STATISTICS 0;

CREATE TABLE t_x.leads (
    id uuid NOT NULL,
    external_id text,
    owner_id uuid,
    first_name text,
    last_name text,
    company text,
    company_key text COLLATE pg_catalog."C",
    title text,
    email text,
    email_norm text COLLATE pg_catalog."C",
    phone text,
    phone_e164 text COLLATE pg_catalog."C",
    website text,
    source text,
    status text DEFAULT 'new'::text NOT NULL,
    score integer,
    campaign text,
    message text,
    profile_id uuid,
    converted_account_id uuid,
    converted_contact_id uuid,
    converted_opportunity_id uuid,
    converted_at timestamp with time zone,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    normalizer_version smallint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT leads_check CHECK (((status = 'converted'::text) = (converted_at IS NOT NULL))),
    CONSTRAINT leads_email_norm_check CHECK ((email_norm = lower(email_norm))),
    CONSTRAINT leads_phone_e164_check CHECK ((phone_e164 ~ '^\+[0-9]{4,15}$'::text)),
    CONSTRAINT leads_status_check CHECK ((status = ANY (ARRAY['new'::text, 'working'::text, 'nurturing'::text, 'converted'::text, 'disqualified'::text])))
);

CREATE TABLE t_x.opportunities (
    id uuid NOT NULL,
    external_id text,
    owner_id uuid,
    name text NOT NULL,
    account_id uuid,
    pipeline_id uuid NOT NULL,
    stage_id uuid NOT NULL,
    amount numeric(19,4),
    currency text,
    close_date date,
    probability numeric(5,2),
    probability_manual boolean DEFAULT false NOT NULL,
    forecast_category text,
    status text NOT NULL,
    lost_reason text,
    source text,
    campaign text,
    recurring_amount numeric(19,4),
    recurring_period text,
    closed_at timestamp with time zone,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT opportunities_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT opportunities_forecast_category_check CHECK ((forecast_category = ANY (ARRAY['omitted'::text, 'pipeline'::text, 'best_case'::text, 'commit'::text, 'closed'::text]))),
    CONSTRAINT opportunities_name_check CHECK ((name <> ''::text)),
    CONSTRAINT opportunities_probability_check CHECK (((probability >= (0)::numeric) AND (probability <= (100)::numeric))),
    CONSTRAINT opportunities_recurring_period_check CHECK ((recurring_period = ANY (ARRAY['month'::text, 'quarter'::text, 'year'::text]))),
    CONSTRAINT opportunities_status_check CHECK ((status = ANY (ARRAY['open'::text, 'won'::text, 'lost'::text])))
);

CREATE TABLE t_x.opportunity_contacts (
    opportunity_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    role text DEFAULT ''::text NOT NULL,
    "primary" boolean DEFAULT false NOT NULL
);

CREATE TABLE t_x.opportunity_history (
    opportunity_id uuid NOT NULL,
    seq integer NOT NULL,
    changed_at timestamp with time zone,
    recorded_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    cause text NOT NULL,
    old_stage_id uuid,
    new_stage_id uuid,
    old_amount numeric(19,4),
    new_amount numeric(19,4),
    old_currency text,
    new_currency text,
    old_probability numeric(5,2),
    new_probability numeric(5,2),
    old_forecast_category text,
    new_forecast_category text,
    old_close_date date,
    new_close_date date,
    old_owner_id uuid,
    new_owner_id uuid,
    old_status text,
    new_status text,
    CONSTRAINT opportunity_history_seq_check CHECK ((seq > 0))
);

CREATE TABLE t_x.opportunity_products (
    opportunity_id uuid NOT NULL,
    line integer NOT NULL,
    product_id uuid NOT NULL,
    quantity numeric(19,4) DEFAULT 1 NOT NULL,
    unit_price numeric(19,4),
    discount numeric(5,2),
    CONSTRAINT opportunity_products_discount_check CHECK (((discount >= (0)::numeric) AND (discount <= (100)::numeric))),
    CONSTRAINT opportunity_products_line_check CHECK ((line > 0))
);

CREATE TABLE t_x.opportunity_stages (
    opportunity_id uuid NOT NULL,
    seq integer NOT NULL,
    stage_id uuid NOT NULL,
    entered_at timestamp with time zone,
    exited_at timestamp with time zone,
    duration_s bigint GENERATED ALWAYS AS ((EXTRACT(epoch FROM (exited_at - entered_at)))::bigint) STORED,
    open boolean NOT NULL,
    CONSTRAINT opportunity_stages_check CHECK (((NOT open) OR (exited_at IS NULL))),
    CONSTRAINT opportunity_stages_check1 CHECK ((exited_at >= entered_at)),
    CONSTRAINT opportunity_stages_seq_check CHECK ((seq > 0))
);

CREATE TABLE t_x.pipelines (
    id uuid NOT NULL,
    external_id text,
    owner_id uuid,
    name text NOT NULL,
    team_id uuid,
    "position" integer DEFAULT 0 NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pipelines_name_check CHECK ((name <> ''::text))
);

CREATE TABLE t_x_i.plan_violation (
    event_id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL,
    message_id text NOT NULL,
    source smallint NOT NULL,
    plan uuid NOT NULL,
    version integer NOT NULL,
    type text NOT NULL,
    name text,
    action text NOT NULL,
    violations jsonb NOT NULL,
    CONSTRAINT plan_violation_action_check CHECK ((action = ANY (ARRAY['allow'::text, 'omit'::text, 'block'::text, 'quarantine'::text]))),
    CONSTRAINT plan_violation_violations_check CHECK ((jsonb_typeof(violations) = 'array'::text))
);

CREATE TABLE t_x_i.tracking_plan (
    id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT tracking_plan_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'::text))
);

CREATE TABLE t_x.products (
    id uuid NOT NULL,
    external_id text,
    owner_id uuid,
    name text NOT NULL,
    sku text,
    series text,
    list_price numeric(19,4),
    currency text,
    active boolean DEFAULT true NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT products_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT products_name_check CHECK ((name <> ''::text))
);

CREATE TABLE t_x_i.record_alias (
    value text NOT NULL COLLATE pg_catalog."C",
    field text NOT NULL,
    object text NOT NULL,
    record_id uuid NOT NULL,
    merge uuid NOT NULL
);

CREATE TABLE t_x_i.record_redirect (
    object text NOT NULL,
    old_id uuid NOT NULL,
    new_id uuid NOT NULL,
    merge uuid NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE t_x.stages (
    id uuid NOT NULL,
    external_id text,
    owner_id uuid,
    pipeline_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    probability numeric(5,2) NOT NULL,
    forecast_category text NOT NULL,
    status text NOT NULL,
    rotten_days integer,
    required_fields text[] DEFAULT '{}'::text[] NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT stages_forecast_category_check CHECK ((forecast_category = ANY (ARRAY['omitted'::text, 'pipeline'::text, 'best_case'::text, 'commit'::text, 'closed'::text]))),
    CONSTRAINT stages_key_check CHECK ((key <> ''::text)),
    CONSTRAINT stages_name_check CHECK ((name <> ''::text)),
    CONSTRAINT stages_probability_check CHECK (((probability >= (0)::numeric) AND (probability <= (100)::numeric))),
    CONSTRAINT stages_rotten_days_check CHECK ((rotten_days > 0)),
    CONSTRAINT stages_status_check CHECK ((status = ANY (ARRAY['open'::text, 'won'::text, 'lost'::text])))
);

CREATE TABLE t_x.teams (
    id uuid NOT NULL,
    external_id text,
    owner_id uuid,
    name text NOT NULL,
    parent_id uuid,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT teams_check CHECK ((parent_id <> id)),
    CONSTRAINT teams_name_check CHECK ((name <> ''::text))
);

CREATE TABLE t_x.tickets (
    id uuid NOT NULL,
    external_id text,
    owner_id uuid,
    subject text NOT NULL,
    body text,
    status text DEFAULT 'open'::text NOT NULL,
    priority text DEFAULT 'normal'::text NOT NULL,
    channel text,
    account_id uuid,
    contact_id uuid,
    first_response_due_at timestamp with time zone,
    next_response_due_at timestamp with time zone,
    resolution_due_at timestamp with time zone,
    solved_at timestamp with time zone,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT tickets_check CHECK (((solved_at IS NOT NULL) = (status = ANY (ARRAY['solved'::text, 'closed'::text])))),
    CONSTRAINT tickets_priority_check CHECK ((priority = ANY (ARRAY['low'::text, 'normal'::text, 'high'::text, 'urgent'::text]))),
    CONSTRAINT tickets_status_check CHECK ((status = ANY (ARRAY['open'::text, 'pending'::text, 'solved'::text, 'closed'::text]))),
    CONSTRAINT tickets_subject_check CHECK ((subject <> ''::text))
);

CREATE TABLE t_x.users (
    id uuid NOT NULL,
    external_id text,
    owner_id uuid,
    name text NOT NULL,
    email text,
    team_id uuid,
    manager_id uuid,
    role_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    time_zone text,
    active boolean DEFAULT true NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT users_name_check CHECK ((name <> ''::text))
);

CREATE TABLE t_x.views (
    id uuid NOT NULL,
    external_id text,
    owner_id uuid,
    object text NOT NULL,
    name text NOT NULL,
    filter jsonb,
    sort text[] DEFAULT '{}'::text[] NOT NULL,
    fields text[] DEFAULT '{}'::text[] NOT NULL,
    shared boolean DEFAULT false NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT views_name_check CHECK ((name <> ''::text)),
    CONSTRAINT views_object_check CHECK ((object ~ '^[a-z][a-z0-9_]{0,62}$'::text))
);

CREATE TABLE t_x_i.activity_seen (
    node bigint NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL
)
WITH (fillfactor='75');

CREATE TABLE t_x_i.attachment_content (
    sha256 text NOT NULL,
    bytes bytea NOT NULL,
    stored_at timestamp with time zone NOT NULL,
    CONSTRAINT attachment_content_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);
ALTER TABLE ONLY t_x_i.attachment_content ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE t_x_i.audit (
    chain smallint NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    object_id text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL
);

CREATE TABLE t_x_i.audit_head (
    chain smallint NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL
)
WITH (fillfactor='10');

CREATE TABLE t_x_i.bi_grantee (
    login text NOT NULL COLLATE pg_catalog."C",
    role_id uuid NOT NULL,
    columns jsonb DEFAULT '{}'::jsonb NOT NULL
);

CREATE TABLE t_x_i.bin (
    object text NOT NULL,
    record_id uuid NOT NULL,
    data jsonb NOT NULL,
    children jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone NOT NULL,
    actor text NOT NULL
);

CREATE SEQUENCE t_x_i.component_label
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER TABLE t_x_i.consent_statement ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME t_x_i.consent_statement_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE t_x_i.contact_node (
    contact_id uuid NOT NULL,
    node bigint NOT NULL
);

CREATE TABLE t_x_i.custom_field (
    object text NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    hidden boolean DEFAULT false NOT NULL,
    label text NOT NULL,
    help text DEFAULT ''::text NOT NULL,
    required boolean DEFAULT false NOT NULL,
    "unique" boolean DEFAULT false NOT NULL,
    personal boolean DEFAULT false NOT NULL,
    searchable boolean DEFAULT false NOT NULL,
    fixed boolean DEFAULT false NOT NULL,
    "default" jsonb,
    minimum numeric(19,4),
    maximum numeric(19,4),
    maximum_bytes integer,
    pattern text,
    options text[],
    currency text,
    target text,
    "position" integer NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    compared boolean DEFAULT false NOT NULL,
    CONSTRAINT custom_field_check CHECK ((maximum >= minimum)),
    CONSTRAINT custom_field_check1 CHECK (((options IS NOT NULL) = (type = ANY (ARRAY['select'::text, 'multi_select'::text])))),
    CONSTRAINT custom_field_check10 CHECK ((("default" IS NULL) OR (type <> 'link'::text))),
    CONSTRAINT custom_field_check2 CHECK (((target IS NOT NULL) = (type = 'link'::text))),
    CONSTRAINT custom_field_check3 CHECK (((currency IS NOT NULL) = (type = 'money'::text))),
    CONSTRAINT custom_field_check4 CHECK ((((minimum IS NULL) AND (maximum IS NULL)) OR (type = ANY (ARRAY['integer'::text, 'decimal'::text, 'money'::text, 'percent'::text])))),
    CONSTRAINT custom_field_check5 CHECK (((maximum_bytes IS NULL) OR (type = 'text'::text))),
    CONSTRAINT custom_field_check6 CHECK (((pattern IS NULL) OR (type = 'text'::text))),
    CONSTRAINT custom_field_check7 CHECK (((NOT searchable) OR (type = ANY (ARRAY['text'::text, 'long_text'::text, 'email'::text, 'phone'::text, 'url'::text])))),
    CONSTRAINT custom_field_check8 CHECK (((NOT "unique") OR (type = ANY (ARRAY['text'::text, 'integer'::text, 'decimal'::text, 'date'::text, 'timestamp'::text, 'url'::text, 'email'::text, 'phone'::text, 'link'::text])))),
    CONSTRAINT custom_field_check9 CHECK ((NOT ("unique" AND ("default" IS NOT NULL)))),
    CONSTRAINT custom_field_help_check CHECK ((octet_length(help) <= 1000)),
    CONSTRAINT custom_field_label_check CHECK (((octet_length(label) >= 1) AND (octet_length(label) <= 200))),
    CONSTRAINT custom_field_maximum_bytes_check CHECK (((maximum_bytes >= 1) AND (maximum_bytes <= 100000))),
    CONSTRAINT custom_field_name_check CHECK ((name ~ '^cf_[a-z][a-z0-9_]{0,36}$'::text)),
    CONSTRAINT custom_field_options_check CHECK (((cardinality(options) >= 1) AND (cardinality(options) <= 500))),
    CONSTRAINT custom_field_pattern_check CHECK (((octet_length(pattern) >= 1) AND (octet_length(pattern) <= 1000))),
    CONSTRAINT custom_field_type_check CHECK ((type = ANY (ARRAY['text'::text, 'long_text'::text, 'integer'::text, 'decimal'::text, 'money'::text, 'currency'::text, 'percent'::text, 'boolean'::text, 'date'::text, 'timestamp'::text, 'select'::text, 'multi_select'::text, 'url'::text, 'email'::text, 'phone'::text, 'link'::text])))
);

CREATE TABLE t_x_i.dedupe_0 (
    event_id uuid NOT NULL
)
WITH (fillfactor='90');

CREATE TABLE t_x_i.dedupe_1 (
    event_id uuid NOT NULL
)
WITH (fillfactor='90');

CREATE TABLE t_x_i.dedupe_2 (
    event_id uuid NOT NULL
)
WITH (fillfactor='90');

CREATE TABLE t_x_i.dedupe_import (
    event_id uuid NOT NULL
);

CREATE TABLE t_x_i.dedupe_state (
    singleton boolean DEFAULT true NOT NULL,
    generation smallint DEFAULT 0 NOT NULL,
    rotated_at timestamp with time zone NOT NULL,
    rotations integer DEFAULT 0 NOT NULL,
    window_days integer DEFAULT 7 NOT NULL,
    CONSTRAINT dedupe_state_generation_check CHECK ((generation = ANY (ARRAY[0, 1, 2]))),
    CONSTRAINT dedupe_state_singleton_check CHECK (singleton),
    CONSTRAINT dedupe_state_window_days_check CHECK (((window_days >= 7) AND (window_days <= 366)))
);

CREATE TABLE t_x_i.demotion (
    seq bigint NOT NULL,
    event_id uuid,
    message_id text,
    type text NOT NULL,
    value text NOT NULL,
    rule text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    rules_version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT demotion_rule_check CHECK ((rule = ANY (ARRAY['limit'::text, 'separated'::text, 'max_ids'::text, 'max_merges'::text, 'review'::text, 'anomaly'::text, 'alias'::text])))
);

CREATE TABLE t_x_i.demotion_memo (
    key uuid NOT NULL,
    epoch integer NOT NULL,
    rules_version integer NOT NULL,
    demoted jsonb NOT NULL
);

ALTER TABLE t_x_i.demotion ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME t_x_i.demotion_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE t_x_i.dirty (
    seq bigint NOT NULL,
    nodes bigint[] NOT NULL,
    at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY t_x_i.dirty ALTER COLUMN nodes SET STATISTICS 0;

ALTER TABLE t_x_i.dirty ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME t_x_i.dirty_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE t_x_i.duplicate_search (
    singleton boolean DEFAULT true NOT NULL,
    id uuid NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    remaining jsonb NOT NULL,
    found bigint DEFAULT 0 NOT NULL,
    compared bigint DEFAULT 0 NOT NULL,
    skipped jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT duplicate_search_singleton_check CHECK (singleton)
);

CREATE TABLE t_x_i.duplicate_suggestion (
    id uuid NOT NULL,
    object text NOT NULL,
    a uuid NOT NULL,
    b uuid NOT NULL,
    other_object text NOT NULL,
    reasons text[] NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    merge uuid,
    created_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    decided_by text,
    score real,
    explanation jsonb,
    CONSTRAINT duplicate_suggestion_check CHECK (((a < b) OR (object <> other_object))),
    CONSTRAINT duplicate_suggestion_object_check CHECK ((object = ANY (ARRAY['contact'::text, 'lead'::text, 'account'::text]))),
    CONSTRAINT duplicate_suggestion_reasons_check CHECK ((cardinality(reasons) > 0)),
    CONSTRAINT duplicate_suggestion_score_check CHECK (((score >= (0)::double precision) AND (score <= (1)::double precision))),
    CONSTRAINT duplicate_suggestion_state_check CHECK ((state = ANY (ARRAY['open'::text, 'merged'::text, 'dismissed'::text])))
);

ALTER TABLE t_x_i.edge ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME t_x_i.edge_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE t_x_i.event_log_default (
    node bigint NOT NULL,
    ts timestamp with time zone NOT NULL,
    seq bigint DEFAULT nextval('t_x_i.event_seq'::regclass) NOT NULL,
    received_at timestamp with time zone NOT NULL,
    event_id uuid NOT NULL,
    message_id text NOT NULL,
    type text NOT NULL,
    name text,
    account_id uuid,
    source smallint NOT NULL,
    session text,
    flags integer DEFAULT 0 NOT NULL,
    payload jsonb NOT NULL,
    CONSTRAINT event_log_type_check CHECK ((type = ANY (ARRAY['track'::text, 'page'::text, 'screen'::text, 'identify'::text, 'group'::text, 'alias'::text])))
);
ALTER TABLE ONLY t_x_i.event_log_default ALTER COLUMN message_id SET STATISTICS 0;
ALTER TABLE ONLY t_x_i.event_log_default ALTER COLUMN payload SET STATISTICS 0;

CREATE TABLE t_x_i.event_retention (
    version integer NOT NULL,
    rules jsonb NOT NULL,
    author text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT event_retention_rules_check CHECK ((jsonb_typeof(rules) = 'array'::text)),
    CONSTRAINT event_retention_version_check CHECK ((version > 0))
);

CREATE TABLE t_x_i.event_retention_pass (
    singleton boolean DEFAULT true NOT NULL,
    version integer NOT NULL,
    relation text DEFAULT ''::text NOT NULL,
    page bigint DEFAULT 0 NOT NULL,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    began_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT event_retention_pass_singleton_check CHECK (singleton)
);

CREATE TABLE t_x_i.export (
    id uuid NOT NULL,
    object text NOT NULL,
    format text NOT NULL,
    file_name text NOT NULL,
    cursor text,
    rows bigint DEFAULT 0 NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    parts integer DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    withdrawn_at timestamp with time zone,
    CONSTRAINT export_format_check CHECK ((format = ANY (ARRAY['csv'::text, 'jsonl'::text])))
);

CREATE TABLE t_x_i.export_part (
    export_id uuid NOT NULL,
    number integer NOT NULL,
    bytes bytea NOT NULL
);
ALTER TABLE ONLY t_x_i.export_part ALTER COLUMN bytes SET COMPRESSION lz4;

CREATE TABLE t_x_i.field_source (
    object text NOT NULL,
    record_id uuid NOT NULL,
    field text NOT NULL,
    source smallint NOT NULL,
    rank smallint NOT NULL,
    at timestamp with time zone NOT NULL,
    message_id text DEFAULT ''::text NOT NULL,
    actor text,
    value jsonb,
    CONSTRAINT field_source_rank_check CHECK ((rank = ANY (ARRAY[10, 20, 30, 40])))
);

CREATE TABLE t_x_i.form_submission (
    event_id uuid NOT NULL,
    form text NOT NULL,
    node bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    message_id text NOT NULL,
    source smallint NOT NULL,
    lead_id uuid,
    owner_id uuid,
    outcome text NOT NULL,
    reason text,
    page text,
    referrer text,
    campaign jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT form_submission_check CHECK ((((outcome = 'none'::text) = (lead_id IS NULL)) AND ((outcome = 'none'::text) = (reason IS NOT NULL)))),
    CONSTRAINT form_submission_outcome_check CHECK ((outcome = ANY (ARRAY['created'::text, 'updated'::text, 'unchanged'::text, 'none'::text])))
);

CREATE TABLE t_x_i.idempotency (
    key_id text NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint,
    headers jsonb,
    body bytea,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT idempotency_key_check CHECK (((octet_length(key) >= 1) AND (octet_length(key) <= 255)))
);

CREATE TABLE t_x_i.identity_limit (
    type text NOT NULL COLLATE pg_catalog."C",
    priority integer NOT NULL,
    max_values integer,
    window_days integer,
    CONSTRAINT identity_limit_max_values_check CHECK ((max_values > 0)),
    CONSTRAINT identity_limit_window_days_check CHECK ((window_days > 0))
);

CREATE TABLE t_x_i.identity_rules (
    version integer NOT NULL,
    rules jsonb NOT NULL,
    author text NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE t_x_i.identity_state (
    singleton boolean DEFAULT true NOT NULL,
    rules_version integer NOT NULL,
    epoch integer DEFAULT 0 NOT NULL,
    default_max_values integer,
    default_window_days integer,
    max_ids integer NOT NULL,
    max_merges integer NOT NULL,
    windowed boolean NOT NULL,
    promoted text[] DEFAULT '{}'::text[] NOT NULL,
    promoted_version integer DEFAULT 0 NOT NULL,
    reading_version integer DEFAULT 1 NOT NULL,
    anomaly_ids integer DEFAULT 20 NOT NULL,
    CONSTRAINT identity_state_anomaly_ids_check CHECK ((anomaly_ids > 0)),
    CONSTRAINT identity_state_default_max_values_check CHECK ((default_max_values > 0)),
    CONSTRAINT identity_state_default_window_days_check CHECK ((default_window_days > 0)),
    CONSTRAINT identity_state_max_ids_check CHECK ((max_ids > 0)),
    CONSTRAINT identity_state_max_merges_check CHECK ((max_merges >= 0)),
    CONSTRAINT identity_state_singleton_check CHECK (singleton)
);

CREATE TABLE t_x_i.import (
    id uuid NOT NULL,
    object text NOT NULL,
    file_name text NOT NULL,
    file_sha256 bytea NOT NULL,
    mapping jsonb NOT NULL,
    state text NOT NULL,
    rows bigint DEFAULT 0 NOT NULL,
    read bigint DEFAULT 0 NOT NULL,
    created bigint DEFAULT 0 NOT NULL,
    updated bigint DEFAULT 0 NOT NULL,
    unchanged bigint DEFAULT 0 NOT NULL,
    rejected bigint DEFAULT 0 NOT NULL,
    unknown jsonb DEFAULT '{}'::jsonb NOT NULL,
    actor text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    undone_at timestamp with time zone,
    since text,
    cursor_kind text,
    cursor_from numeric,
    cursor_low numeric,
    cursor_before numeric,
    cursor_open numeric[] DEFAULT '{}'::numeric[] NOT NULL,
    cursor_undone integer,
    cursor numeric,
    passed_over bigint DEFAULT 0 NOT NULL,
    without_cursor bigint DEFAULT 0 NOT NULL,
    CONSTRAINT import_cursor_kind_check CHECK ((cursor_kind = ANY (ARRAY['timestamp'::text, 'number'::text]))),
    CONSTRAINT import_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text, 'undoing'::text, 'undone'::text])))
);

CREATE TABLE t_x_i.import_cursor (
    scope bytea NOT NULL,
    kind text NOT NULL,
    value numeric,
    open numeric[] DEFAULT '{}'::numeric[] NOT NULL,
    undone integer DEFAULT 0 NOT NULL,
    import uuid,
    moved_at timestamp with time zone,
    CONSTRAINT import_cursor_kind_check1 CHECK ((kind = ANY (ARRAY['timestamp'::text, 'number'::text])))
);

CREATE TABLE t_x_i.import_reference (
    import uuid NOT NULL,
    record_id uuid NOT NULL,
    object text NOT NULL,
    undo text,
    CONSTRAINT import_reference_undo_check CHECK ((undo = ANY (ARRAY['removed'::text, 'kept'::text])))
);

CREATE TABLE t_x_i.import_row (
    import uuid NOT NULL,
    "row" bigint NOT NULL,
    line integer NOT NULL,
    raw jsonb NOT NULL,
    outcome text,
    record_id uuid,
    version integer,
    before jsonb,
    reason jsonb,
    undo text,
    undo_reason jsonb,
    cursor numeric,
    CONSTRAINT import_row_outcome_check CHECK ((outcome = ANY (ARRAY['created'::text, 'updated'::text, 'unchanged'::text, 'rejected'::text]))),
    CONSTRAINT import_row_undo_check CHECK ((undo = ANY (ARRAY['removed'::text, 'restored'::text, 'kept'::text])))
);

CREATE TABLE t_x_i.lead_conversion (
    id uuid NOT NULL,
    lead_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    status_before text NOT NULL,
    done jsonb NOT NULL,
    links jsonb NOT NULL,
    files jsonb DEFAULT '[]'::jsonb NOT NULL,
    undone_at timestamp with time zone,
    undone_by text
);

CREATE TABLE t_x_i.lead_node (
    lead_id uuid NOT NULL,
    node bigint NOT NULL
);

CREATE TABLE t_x_i.lock_bucket (
    id smallint NOT NULL
);

CREATE TABLE t_x_i.match_model (
    object text NOT NULL,
    estimated boolean NOT NULL,
    records bigint NOT NULL,
    pairs bigint NOT NULL,
    matches double precision NOT NULL,
    prior double precision NOT NULL,
    comparisons jsonb NOT NULL,
    estimated_at timestamp with time zone NOT NULL,
    CONSTRAINT match_model_prior_check CHECK (((prior > (0)::double precision) AND (prior < (1)::double precision)))
);

ALTER TABLE t_x_i.node ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME t_x_i.node_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE t_x_i.normal_form (
    kind text NOT NULL,
    raw text NOT NULL,
    norm text NOT NULL,
    normalizer_version smallint DEFAULT 1 NOT NULL,
    CONSTRAINT normal_form_kind_check CHECK ((kind = ANY (ARRAY['email'::text, 'phone'::text])))
);

CREATE TABLE t_x_i.object_catalog (
    singleton boolean DEFAULT true NOT NULL,
    version integer DEFAULT 0 NOT NULL,
    CONSTRAINT object_catalog_singleton_check CHECK (singleton)
);

CREATE TABLE t_x_i.object_description (
    object text NOT NULL,
    relation text NOT NULL,
    ranked boolean DEFAULT false NOT NULL,
    kept_while_used boolean DEFAULT false NOT NULL,
    companions jsonb DEFAULT '{}'::jsonb NOT NULL,
    soft_unique text[] DEFAULT '{}'::text[] NOT NULL,
    children jsonb DEFAULT '{}'::jsonb NOT NULL,
    owned text[] DEFAULT '{}'::text[] NOT NULL,
    shared boolean DEFAULT false NOT NULL,
    follows boolean DEFAULT false NOT NULL,
    CONSTRAINT object_description_object_check CHECK ((object ~ '^[a-z][a-z0-9_]{0,62}$'::text))
);

CREATE TABLE t_x_i.operation (
    id uuid NOT NULL,
    type text NOT NULL,
    state text NOT NULL,
    done bigint DEFAULT 0 NOT NULL,
    total bigint,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    input jsonb DEFAULT '{}'::jsonb NOT NULL,
    result jsonb,
    error jsonb,
    actor text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    cursor_at timestamp with time zone,
    cursor_id uuid,
    lease uuid,
    leased_until timestamp with time zone,
    CONSTRAINT operation_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);

CREATE TABLE t_x_i.operation_record (
    operation_id uuid NOT NULL,
    record_id uuid NOT NULL,
    outcome text,
    detail jsonb,
    CONSTRAINT operation_record_outcome_check CHECK ((outcome = ANY (ARRAY['updated'::text, 'deleted'::text, 'restored'::text, 'unchanged'::text, 'skipped'::text, 'error'::text, 'kept'::text])))
);

CREATE TABLE t_x_i.outbox (
    seq bigint NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    payload jsonb NOT NULL,
    at timestamp with time zone NOT NULL
);

ALTER TABLE t_x_i.outbox ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME t_x_i.outbox_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE t_x_i.plan_connection (
    source smallint NOT NULL,
    plan uuid NOT NULL,
    version integer,
    violations text NOT NULL,
    unplanned_events text NOT NULL,
    unplanned_properties text NOT NULL,
    author text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT plan_connection_unplanned_events_check CHECK ((unplanned_events = ANY (ARRAY['ignore'::text, 'allow'::text, 'block'::text, 'quarantine'::text]))),
    CONSTRAINT plan_connection_unplanned_properties_check CHECK ((unplanned_properties = ANY (ARRAY['ignore'::text, 'allow'::text, 'omit'::text, 'block'::text, 'quarantine'::text]))),
    CONSTRAINT plan_connection_violations_check CHECK ((violations = ANY (ARRAY['allow'::text, 'omit'::text, 'block'::text, 'quarantine'::text])))
);

CREATE TABLE t_x_i.plan_violation_hour (
    hour timestamp with time zone NOT NULL,
    source smallint NOT NULL,
    plan uuid NOT NULL,
    type text NOT NULL,
    name text NOT NULL,
    keyword text NOT NULL,
    action text NOT NULL,
    count bigint NOT NULL
);

CREATE TABLE t_x_i.privacy_request (
    id uuid NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    type text NOT NULL,
    hash bytea NOT NULL,
    reason text,
    nodes bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    contacts uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    leads uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    receipt jsonb,
    actor text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT privacy_request_check CHECK (((state = 'running'::text) = (finished_at IS NULL))),
    CONSTRAINT privacy_request_kind_check CHECK ((kind = ANY (ARRAY['erase'::text, 'export'::text, 'suppress'::text, 'unsuppress'::text]))),
    CONSTRAINT privacy_request_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text])))
);

CREATE TABLE t_x_i.promoted_trait (
    trait text NOT NULL COLLATE pg_catalog."C",
    column_name text NOT NULL,
    type text NOT NULL,
    promoted_at timestamp with time zone NOT NULL,
    filled_at timestamp with time zone,
    CONSTRAINT promoted_trait_type_check CHECK ((type = ANY (ARRAY['text'::text, 'numeric'::text, 'boolean'::text, 'timestamptz'::text])))
);

CREATE TABLE t_x_i.quarantine (
    id uuid NOT NULL,
    request uuid NOT NULL,
    received_at timestamp with time zone NOT NULL,
    source smallint,
    key_id text,
    message_id text,
    type text,
    name text,
    code text NOT NULL,
    message text NOT NULL,
    state text DEFAULT 'held'::text NOT NULL,
    path text NOT NULL,
    original bytea NOT NULL,
    complete boolean NOT NULL,
    text_replaced boolean NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    operation uuid,
    decided_at timestamp with time zone,
    corrected bytea,
    corrected_at timestamp with time zone,
    corrected_by text,
    CONSTRAINT quarantine_state_check CHECK ((state = ANY (ARRAY['held'::text, 'rejected'::text, 'reprocessed'::text, 'discarded'::text])))
);

CREATE TABLE t_x_i.quarantine_request (
    id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    client_address text,
    from_browser boolean NOT NULL,
    single_type text,
    envelope bytea
);

CREATE TABLE t_x_i.record_history (
    object text NOT NULL,
    record_id uuid NOT NULL,
    seq bigint NOT NULL,
    version integer NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    cause text NOT NULL,
    source smallint NOT NULL,
    action text NOT NULL,
    changes jsonb NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT record_history_action_check CHECK ((action = ANY (ARRAY['create'::text, 'update'::text, 'delete'::text, 'restore'::text, 'merge'::text, 'undo'::text])))
);

ALTER TABLE t_x_i.record_history ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME t_x_i.record_history_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE t_x_i.record_merge (
    id uuid NOT NULL,
    object text NOT NULL,
    winner uuid NOT NULL,
    losers uuid[] NOT NULL,
    state text DEFAULT 'applied'::text NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    fields jsonb NOT NULL,
    rows jsonb NOT NULL,
    claims jsonb NOT NULL,
    moved jsonb NOT NULL,
    redirects uuid[] NOT NULL,
    plan jsonb NOT NULL,
    profile_merge uuid,
    undone_at timestamp with time zone,
    undone_by text,
    undo jsonb,
    CONSTRAINT record_merge_check CHECK (((state = 'undone'::text) = (undone_at IS NOT NULL))),
    CONSTRAINT record_merge_losers_check CHECK ((cardinality(losers) > 0)),
    CONSTRAINT record_merge_state_check CHECK ((state = ANY (ARRAY['applied'::text, 'undone'::text])))
);

CREATE TABLE t_x_i.reminder (
    activity_id uuid NOT NULL,
    minutes integer NOT NULL,
    channel text NOT NULL,
    at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    seen_at timestamp with time zone
);

CREATE TABLE t_x_i.review (
    id uuid NOT NULL,
    ref text NOT NULL,
    refs text[] DEFAULT '{}'::text[] NOT NULL,
    reason text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    home bigint NOT NULL,
    nodes bigint[] NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    decided_by text,
    CONSTRAINT review_nodes_check CHECK ((cardinality(nodes) >= 1)),
    CONSTRAINT review_reason_check CHECK ((reason = ANY (ARRAY['accounts'::text, 'anomaly'::text, 'manual'::text, 'contact_email'::text, 'likeness'::text]))),
    CONSTRAINT review_state_check CHECK ((state = ANY (ARRAY['open'::text, 'approved'::text, 'rejected'::text, 'obsolete'::text])))
);

CREATE TABLE t_x_i.role (
    id uuid NOT NULL,
    name text NOT NULL,
    description text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT role_name_check CHECK (((name = btrim(name)) AND ((octet_length(name) >= 1) AND (octet_length(name) <= 255))))
);

CREATE TABLE t_x_i.role_field (
    role_id uuid NOT NULL,
    object text NOT NULL,
    field text NOT NULL,
    access text NOT NULL,
    CONSTRAINT role_field_access_check CHECK ((access = ANY (ARRAY['none'::text, 'read'::text, 'edit'::text])))
);

CREATE TABLE t_x_i.role_grant (
    role_id uuid NOT NULL,
    object text NOT NULL,
    action text NOT NULL,
    level text NOT NULL,
    CONSTRAINT role_grant_action_check CHECK ((action = ANY (ARRAY['create'::text, 'read'::text, 'edit'::text, 'delete'::text, 'assign'::text, 'export'::text, 'merge'::text]))),
    CONSTRAINT role_grant_level_check CHECK ((level = ANY (ARRAY['all'::text, 'team'::text, 'own'::text, 'none'::text])))
);

CREATE TABLE t_x_i.separation (
    a bigint NOT NULL,
    b bigint NOT NULL,
    cause text NOT NULL,
    ref text NOT NULL,
    actor text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT separation_cause_check CHECK ((cause = ANY (ARRAY['undo'::text, 'review'::text]))),
    CONSTRAINT separation_check CHECK ((a < b))
);

CREATE TABLE t_x_i.source_consent (
    source smallint NOT NULL,
    version integer NOT NULL,
    rules jsonb NOT NULL,
    author text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT source_consent_rules_check CHECK ((jsonb_typeof(rules) = 'array'::text)),
    CONSTRAINT source_consent_version_check CHECK ((version > 0))
);

CREATE TABLE t_x_i.source_mapping (
    source smallint NOT NULL,
    version integer NOT NULL,
    rules jsonb NOT NULL,
    author text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT source_mapping_rules_check CHECK ((jsonb_typeof(rules) = 'array'::text)),
    CONSTRAINT source_mapping_version_check CHECK ((version > 0))
);

ALTER TABLE t_x_i.tally ALTER COLUMN seq ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME t_x_i.tally_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 32
);

CREATE TABLE t_x_i.task_occurrence (
    series_id uuid NOT NULL,
    at timestamp without time zone NOT NULL,
    starts timestamp without time zone NOT NULL,
    activity_id uuid,
    failed_at timestamp with time zone,
    failure text
);

CREATE TABLE t_x_i.team_turn (
    team_id uuid NOT NULL,
    user_id uuid NOT NULL
);

CREATE TABLE t_x_i.timer (
    name text NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    due_at timestamp with time zone,
    ran_at timestamp with time zone,
    result jsonb
);

CREATE TABLE t_x_i.tracking_plan_version (
    plan uuid NOT NULL,
    version integer NOT NULL,
    description text,
    events jsonb NOT NULL,
    author text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT tracking_plan_version_events_check CHECK ((jsonb_typeof(events) = 'array'::text)),
    CONSTRAINT tracking_plan_version_version_check CHECK ((version > 0))
);

ALTER TABLE t_x_i.trait_record ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME t_x_i.trait_record_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE t_x_i.user_credential (
    user_id uuid NOT NULL,
    password_hash text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    blocked_until timestamp with time zone,
    CONSTRAINT user_credential_failures_check CHECK ((failures >= 0)),
    CONSTRAINT user_credential_password_hash_check CHECK ((password_hash ~~ '$argon2id$%'::text))
);

ALTER TABLE ONLY t_x_i.event_log ATTACH PARTITION t_x_i.event_log_default DEFAULT;

ALTER TABLE ONLY t_x.account_contacts
    ADD CONSTRAINT account_contacts_pkey PRIMARY KEY (contact_id, account_id, role);

ALTER TABLE ONLY t_x.accounts
    ADD CONSTRAINT accounts_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY t_x.accounts
    ADD CONSTRAINT accounts_group_id_key UNIQUE (group_id);

ALTER TABLE ONLY t_x.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x.activities
    ADD CONSTRAINT activities_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY t_x.activities
    ADD CONSTRAINT activities_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x.activity_links
    ADD CONSTRAINT activity_links_pkey PRIMARY KEY (activity_id, object, record_id);

ALTER TABLE ONLY t_x.activity_reminders
    ADD CONSTRAINT activity_reminders_pkey PRIMARY KEY (activity_id, minutes, channel);

ALTER TABLE ONLY t_x.attachments
    ADD CONSTRAINT attachments_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY t_x.attachments
    ADD CONSTRAINT attachments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x.comments
    ADD CONSTRAINT comments_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY t_x.comments
    ADD CONSTRAINT comments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x.contact_channels
    ADD CONSTRAINT contact_channels_pkey PRIMARY KEY (contact_id, kind, value);

ALTER TABLE ONLY t_x.contacts
    ADD CONSTRAINT contacts_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY t_x.contacts
    ADD CONSTRAINT contacts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x.forms
    ADD CONSTRAINT forms_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY t_x.forms
    ADD CONSTRAINT forms_name_key UNIQUE (name);

ALTER TABLE ONLY t_x.forms
    ADD CONSTRAINT forms_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x.leads
    ADD CONSTRAINT leads_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY t_x.leads
    ADD CONSTRAINT leads_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x.opportunities
    ADD CONSTRAINT opportunities_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY t_x.opportunities
    ADD CONSTRAINT opportunities_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x.opportunity_contacts
    ADD CONSTRAINT opportunity_contacts_pkey PRIMARY KEY (opportunity_id, contact_id, role);

ALTER TABLE ONLY t_x.opportunity_history
    ADD CONSTRAINT opportunity_history_pkey PRIMARY KEY (opportunity_id, seq);

ALTER TABLE ONLY t_x.opportunity_products
    ADD CONSTRAINT opportunity_products_pkey PRIMARY KEY (opportunity_id, line);

ALTER TABLE ONLY t_x.opportunity_stages
    ADD CONSTRAINT opportunity_stages_pkey PRIMARY KEY (opportunity_id, seq);

ALTER TABLE ONLY t_x.pipelines
    ADD CONSTRAINT pipelines_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY t_x.pipelines
    ADD CONSTRAINT pipelines_name_key UNIQUE (name);

ALTER TABLE ONLY t_x.pipelines
    ADD CONSTRAINT pipelines_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x.products
    ADD CONSTRAINT products_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY t_x.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x.products
    ADD CONSTRAINT products_sku_key UNIQUE (sku);

ALTER TABLE ONLY t_x.profiles
    ADD CONSTRAINT profiles_pkey PRIMARY KEY (profile_id);

ALTER TABLE ONLY t_x.stages
    ADD CONSTRAINT stages_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY t_x.stages
    ADD CONSTRAINT stages_id_pipeline_id_key UNIQUE (id, pipeline_id);

ALTER TABLE ONLY t_x.stages
    ADD CONSTRAINT stages_pipeline_id_key_key UNIQUE (pipeline_id, key);

ALTER TABLE ONLY t_x.stages
    ADD CONSTRAINT stages_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x.teams
    ADD CONSTRAINT teams_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY t_x.teams
    ADD CONSTRAINT teams_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x.tickets
    ADD CONSTRAINT tickets_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY t_x.tickets
    ADD CONSTRAINT tickets_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

ALTER TABLE ONLY t_x.users
    ADD CONSTRAINT users_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY t_x.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x.views
    ADD CONSTRAINT views_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY t_x.views
    ADD CONSTRAINT views_object_owner_id_name_key UNIQUE NULLS NOT DISTINCT (object, owner_id, name);

ALTER TABLE ONLY t_x.views
    ADD CONSTRAINT views_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.activity_seen
    ADD CONSTRAINT activity_seen_pkey PRIMARY KEY (node);

ALTER TABLE ONLY t_x_i.attachment_content
    ADD CONSTRAINT attachment_content_pkey PRIMARY KEY (sha256);

ALTER TABLE ONLY t_x_i.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (chain);

ALTER TABLE ONLY t_x_i.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (chain, seq);

ALTER TABLE ONLY t_x_i.bi_grantee
    ADD CONSTRAINT bi_grantee_pkey PRIMARY KEY (login);

ALTER TABLE ONLY t_x_i.bin
    ADD CONSTRAINT bin_pkey PRIMARY KEY (record_id);

ALTER TABLE ONLY t_x_i.component
    ADD CONSTRAINT component_pkey PRIMARY KEY (label);

ALTER TABLE ONLY t_x_i.component
    ADD CONSTRAINT component_profile_id_key UNIQUE (profile_id);

ALTER TABLE ONLY t_x_i.consent_statement
    ADD CONSTRAINT consent_statement_pkey PRIMARY KEY (node, ts, seq);

ALTER TABLE ONLY t_x_i.contact_node
    ADD CONSTRAINT contact_node_pkey PRIMARY KEY (contact_id);

ALTER TABLE ONLY t_x_i.custom_field
    ADD CONSTRAINT custom_field_pkey PRIMARY KEY (object, name);

ALTER TABLE ONLY t_x_i.dedupe_0
    ADD CONSTRAINT dedupe_0_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY t_x_i.dedupe_1
    ADD CONSTRAINT dedupe_1_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY t_x_i.dedupe_2
    ADD CONSTRAINT dedupe_2_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY t_x_i.dedupe_import
    ADD CONSTRAINT dedupe_import_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY t_x_i.dedupe_state
    ADD CONSTRAINT dedupe_state_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY t_x_i.demotion_memo
    ADD CONSTRAINT demotion_memo_pkey PRIMARY KEY (key);

ALTER TABLE ONLY t_x_i.demotion
    ADD CONSTRAINT demotion_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY t_x_i.dirty
    ADD CONSTRAINT dirty_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY t_x_i.duplicate_search
    ADD CONSTRAINT duplicate_search_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY t_x_i.duplicate_suggestion
    ADD CONSTRAINT duplicate_suggestion_a_b_key UNIQUE (a, b);

ALTER TABLE ONLY t_x_i.duplicate_suggestion
    ADD CONSTRAINT duplicate_suggestion_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.edge
    ADD CONSTRAINT edge_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.event_log
    ADD CONSTRAINT event_log_pkey PRIMARY KEY (node, ts, seq);

ALTER TABLE ONLY t_x_i.event_log_default
    ADD CONSTRAINT event_log_default_pkey PRIMARY KEY (node, ts, seq);

ALTER TABLE ONLY t_x_i.event_retention_pass
    ADD CONSTRAINT event_retention_pass_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY t_x_i.event_retention
    ADD CONSTRAINT event_retention_pkey PRIMARY KEY (version);

ALTER TABLE ONLY t_x_i.export_part
    ADD CONSTRAINT export_part_pkey PRIMARY KEY (export_id, number);

ALTER TABLE ONLY t_x_i.export
    ADD CONSTRAINT export_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.field_source
    ADD CONSTRAINT field_source_pkey PRIMARY KEY (record_id, field, source);

ALTER TABLE ONLY t_x_i.form_submission
    ADD CONSTRAINT form_submission_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY t_x_i.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (key_id, method, path, key);

ALTER TABLE ONLY t_x_i.identifier
    ADD CONSTRAINT identifier_pkey PRIMARY KEY (value, type);

ALTER TABLE ONLY t_x_i.identity_limit
    ADD CONSTRAINT identity_limit_pkey PRIMARY KEY (type);

ALTER TABLE ONLY t_x_i.identity_rules
    ADD CONSTRAINT identity_rules_pkey PRIMARY KEY (version);

ALTER TABLE ONLY t_x_i.identity_state
    ADD CONSTRAINT identity_state_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY t_x_i.import_cursor
    ADD CONSTRAINT import_cursor_pkey PRIMARY KEY (scope);

ALTER TABLE ONLY t_x_i.import
    ADD CONSTRAINT import_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.import_reference
    ADD CONSTRAINT import_reference_pkey PRIMARY KEY (import, record_id);

ALTER TABLE ONLY t_x_i.import_row
    ADD CONSTRAINT import_row_pkey PRIMARY KEY (import, "row");

ALTER TABLE ONLY t_x_i.lead_conversion
    ADD CONSTRAINT lead_conversion_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.lead_node
    ADD CONSTRAINT lead_node_pkey PRIMARY KEY (lead_id);

ALTER TABLE ONLY t_x_i.lock_bucket
    ADD CONSTRAINT lock_bucket_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.match_model
    ADD CONSTRAINT match_model_pkey PRIMARY KEY (object);

ALTER TABLE ONLY t_x_i.membership
    ADD CONSTRAINT membership_pkey PRIMARY KEY (node, group_id, "left");

ALTER TABLE ONLY t_x_i.merge
    ADD CONSTRAINT merge_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.merge
    ADD CONSTRAINT merge_ref_key UNIQUE (ref);

ALTER TABLE ONLY t_x_i.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.node
    ADD CONSTRAINT node_public_id_key UNIQUE (public_id);

ALTER TABLE ONLY t_x_i.normal_form
    ADD CONSTRAINT normal_form_pkey PRIMARY KEY (kind, raw);

ALTER TABLE ONLY t_x_i.object_catalog
    ADD CONSTRAINT object_catalog_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY t_x_i.object_description
    ADD CONSTRAINT object_description_pkey PRIMARY KEY (object);

ALTER TABLE ONLY t_x_i.object_description
    ADD CONSTRAINT object_description_relation_key UNIQUE (relation);

ALTER TABLE ONLY t_x_i.operation
    ADD CONSTRAINT operation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.operation_record
    ADD CONSTRAINT operation_record_pkey PRIMARY KEY (operation_id, record_id);

ALTER TABLE ONLY t_x_i.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY t_x_i.plan_connection
    ADD CONSTRAINT plan_connection_pkey PRIMARY KEY (source);

ALTER TABLE ONLY t_x_i.plan_violation_hour
    ADD CONSTRAINT plan_violation_hour_pkey PRIMARY KEY (hour, source, plan, type, name, keyword, action);

ALTER TABLE ONLY t_x_i.plan_violation
    ADD CONSTRAINT plan_violation_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY t_x_i.privacy_request
    ADD CONSTRAINT privacy_request_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.promoted_trait
    ADD CONSTRAINT promoted_trait_column_name_key UNIQUE (column_name);

ALTER TABLE ONLY t_x_i.promoted_trait
    ADD CONSTRAINT promoted_trait_pkey PRIMARY KEY (trait);

ALTER TABLE ONLY t_x_i.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.quarantine_request
    ADD CONSTRAINT quarantine_request_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.record_alias
    ADD CONSTRAINT record_alias_pkey PRIMARY KEY (value, field, object, record_id);

ALTER TABLE ONLY t_x_i.record_history
    ADD CONSTRAINT record_history_pkey PRIMARY KEY (record_id, seq);

ALTER TABLE ONLY t_x_i.record_merge
    ADD CONSTRAINT record_merge_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.record_redirect
    ADD CONSTRAINT record_redirect_pkey PRIMARY KEY (old_id);

ALTER TABLE ONLY t_x_i.reminder
    ADD CONSTRAINT reminder_pkey PRIMARY KEY (activity_id, minutes, channel);

ALTER TABLE ONLY t_x_i.review
    ADD CONSTRAINT review_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.review
    ADD CONSTRAINT review_ref_key UNIQUE (ref);

ALTER TABLE ONLY t_x_i.role_field
    ADD CONSTRAINT role_field_pkey PRIMARY KEY (role_id, object, field);

ALTER TABLE ONLY t_x_i.role_grant
    ADD CONSTRAINT role_grant_pkey PRIMARY KEY (role_id, object, action);

ALTER TABLE ONLY t_x_i.role
    ADD CONSTRAINT role_name_key UNIQUE (name);

ALTER TABLE ONLY t_x_i.role
    ADD CONSTRAINT role_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.separation
    ADD CONSTRAINT separation_pkey PRIMARY KEY (a, b);

ALTER TABLE ONLY t_x_i.source_consent
    ADD CONSTRAINT source_consent_pkey PRIMARY KEY (source, version);

ALTER TABLE ONLY t_x_i.source_hour
    ADD CONSTRAINT source_hour_pkey PRIMARY KEY (hour, source, key_id);

ALTER TABLE ONLY t_x_i.source_mapping
    ADD CONSTRAINT source_mapping_pkey PRIMARY KEY (source, version);

ALTER TABLE ONLY t_x_i.source
    ADD CONSTRAINT source_name_key UNIQUE (name);

ALTER TABLE ONLY t_x_i.source
    ADD CONSTRAINT source_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.source
    ADD CONSTRAINT source_source_id_key UNIQUE (source_id);

ALTER TABLE ONLY t_x_i.suppression_key
    ADD CONSTRAINT suppression_key_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY t_x_i.suppression
    ADD CONSTRAINT suppression_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY t_x_i.suppression
    ADD CONSTRAINT suppression_seq_key UNIQUE (seq);

ALTER TABLE ONLY t_x_i.tally
    ADD CONSTRAINT tally_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY t_x_i.task_occurrence
    ADD CONSTRAINT task_occurrence_pkey PRIMARY KEY (series_id, at);

ALTER TABLE ONLY t_x_i.team_turn
    ADD CONSTRAINT team_turn_pkey PRIMARY KEY (team_id);

ALTER TABLE ONLY t_x_i.timer
    ADD CONSTRAINT timer_pkey PRIMARY KEY (name);

ALTER TABLE ONLY t_x_i.tracking_plan
    ADD CONSTRAINT tracking_plan_name_key UNIQUE (name);

ALTER TABLE ONLY t_x_i.tracking_plan
    ADD CONSTRAINT tracking_plan_pkey PRIMARY KEY (id);

ALTER TABLE ONLY t_x_i.tracking_plan_version
    ADD CONSTRAINT tracking_plan_version_pkey PRIMARY KEY (plan, version);

ALTER TABLE ONLY t_x_i.trait_record
    ADD CONSTRAINT trait_record_pkey PRIMARY KEY (node, ts, seq);

ALTER TABLE ONLY t_x_i.user_credential
    ADD CONSTRAINT user_credential_pkey PRIMARY KEY (user_id);

CREATE INDEX account_contacts_account ON t_x.account_contacts USING btree (account_id);

CREATE UNIQUE INDEX account_contacts_primary ON t_x.account_contacts USING btree (contact_id) WHERE "primary";

CREATE INDEX accounts_company_key ON t_x.accounts USING btree (company_key);

CREATE INDEX accounts_created ON t_x.accounts USING btree (created_at, id);

CREATE INDEX accounts_digits ON t_x.accounts USING btree (reverse(regexp_replace(phone, '[^0-9]'::text, ''::text, 'g'::text)) COLLATE "C") WHERE (phone IS NOT NULL);

CREATE INDEX accounts_domain ON t_x.accounts USING btree (domain);

CREATE INDEX accounts_name ON t_x.accounts USING btree (name, id);

CREATE INDEX accounts_normalizer_1 ON t_x.accounts USING btree (id) WHERE (normalizer_version <> 1);

CREATE INDEX accounts_owner ON t_x.accounts USING btree (owner_id, id);

CREATE INDEX accounts_parent ON t_x.accounts USING btree (parent_id);

CREATE INDEX accounts_phone ON t_x.accounts USING btree (phone_e164) WHERE (phone_e164 IS NOT NULL);

CREATE INDEX accounts_words ON t_x.accounts USING gin (name tandem_text.gin_trgm_ops, domain tandem_text.gin_trgm_ops) WITH (gin_pending_list_limit='512');

CREATE INDEX activities_created ON t_x.activities USING btree (created_at, id);

CREATE INDEX activities_due ON t_x.activities USING btree (due_at) WHERE (status = 'planned'::text);

CREATE INDEX activities_owner ON t_x.activities USING btree (owner_id);

CREATE INDEX activities_planned ON t_x.activities USING btree (owner_id) WHERE (status = 'planned'::text);

CREATE INDEX activities_recurring ON t_x.activities USING btree (id) WHERE ((recurs_when = 'due'::text) AND (recurrence IS NOT NULL));

CREATE INDEX activities_words ON t_x.activities USING gin (subject tandem_text.gin_trgm_ops);

CREATE INDEX activity_links_record ON t_x.activity_links USING btree (record_id, activity_id);

CREATE INDEX attachments_content ON t_x.attachments USING btree (sha256);

CREATE INDEX attachments_created ON t_x.attachments USING btree (created_at, id);

CREATE INDEX attachments_owner ON t_x.attachments USING btree (owner_id);

CREATE INDEX attachments_record ON t_x.attachments USING btree (object_id, created_at, id);

CREATE INDEX comments_created ON t_x.comments USING btree (created_at, id);

CREATE INDEX comments_mentions ON t_x.comments USING gin (mentions);

CREATE INDEX comments_owner ON t_x.comments USING btree (owner_id);

CREATE INDEX comments_record ON t_x.comments USING btree (object_id, created_at, id);

CREATE INDEX contact_channels_digits ON t_x.contact_channels USING btree (reverse(regexp_replace(value, '[^0-9]'::text, ''::text, 'g'::text)) COLLATE "C") WHERE (kind = ANY (ARRAY['phone'::text, 'mobile'::text]));

CREATE INDEX contact_channels_phone ON t_x.contact_channels USING btree (phone_e164) WHERE (phone_e164 IS NOT NULL);

CREATE UNIQUE INDEX contact_channels_primary ON t_x.contact_channels USING btree (contact_id, kind) WHERE "primary";

CREATE INDEX contacts_created ON t_x.contacts USING btree (created_at, id);

CREATE INDEX contacts_email ON t_x.contacts USING btree (email_norm);

CREATE INDEX contacts_name ON t_x.contacts USING btree (name, id);

CREATE INDEX contacts_normalizer_1 ON t_x.contacts USING btree (id) WHERE (normalizer_version <> 1);

CREATE INDEX contacts_owner ON t_x.contacts USING btree (owner_id, id);

CREATE INDEX contacts_phone ON t_x.contacts USING btree (phone_e164);

CREATE INDEX contacts_profile ON t_x.contacts USING btree (profile_id);

CREATE INDEX contacts_words ON t_x.contacts USING gin (name tandem_text.gin_trgm_ops, email tandem_text.gin_trgm_ops) WITH (gin_pending_list_limit='512');

CREATE INDEX forms_created ON t_x.forms USING btree (created_at, id);

CREATE INDEX forms_owner ON t_x.forms USING btree (owner_id);

CREATE INDEX forms_team ON t_x.forms USING btree (team_id);

CREATE INDEX leads_account ON t_x.leads USING btree (converted_account_id);

CREATE INDEX leads_contact ON t_x.leads USING btree (converted_contact_id);

CREATE INDEX leads_created ON t_x.leads USING btree (created_at, id);

CREATE INDEX leads_digits ON t_x.leads USING btree (reverse(regexp_replace(phone, '[^0-9]'::text, ''::text, 'g'::text)) COLLATE "C") WHERE (phone IS NOT NULL);

CREATE INDEX leads_email ON t_x.leads USING btree (email_norm);

CREATE INDEX leads_normalizer_1 ON t_x.leads USING btree (id) WHERE (normalizer_version <> 1);

CREATE INDEX leads_opportunity ON t_x.leads USING btree (converted_opportunity_id);

CREATE INDEX leads_owner ON t_x.leads USING btree (owner_id, id);

CREATE INDEX leads_phone ON t_x.leads USING btree (phone_e164) WHERE (phone_e164 IS NOT NULL);

CREATE INDEX leads_profile ON t_x.leads USING btree (profile_id);

CREATE INDEX leads_words ON t_x.leads USING gin (first_name tandem_text.gin_trgm_ops, last_name tandem_text.gin_trgm_ops, company tandem_text.gin_trgm_ops, email tandem_text.gin_trgm_ops) WITH (gin_pending_list_limit='512');

CREATE INDEX opportunities_account ON t_x.opportunities USING btree (account_id);

CREATE INDEX opportunities_amount ON t_x.opportunities USING btree (amount, id);

CREATE INDEX opportunities_close ON t_x.opportunities USING btree (close_date, id);

CREATE INDEX opportunities_created ON t_x.opportunities USING btree (created_at, id);

CREATE INDEX opportunities_name ON t_x.opportunities USING btree (name, id);

CREATE INDEX opportunities_owner ON t_x.opportunities USING btree (owner_id, id);

CREATE INDEX opportunities_pipeline ON t_x.opportunities USING btree (pipeline_id);

CREATE INDEX opportunities_stage ON t_x.opportunities USING btree (stage_id, close_date, id);

CREATE INDEX opportunities_updated ON t_x.opportunities USING btree (updated_at, id);

CREATE INDEX opportunities_words ON t_x.opportunities USING gin (name tandem_text.gin_trgm_ops);

CREATE INDEX opportunity_contacts_contact ON t_x.opportunity_contacts USING btree (contact_id);

CREATE UNIQUE INDEX opportunity_contacts_primary ON t_x.opportunity_contacts USING btree (opportunity_id) WHERE "primary";

CREATE INDEX opportunity_products_product ON t_x.opportunity_products USING btree (product_id);

CREATE UNIQUE INDEX opportunity_stages_open ON t_x.opportunity_stages USING btree (opportunity_id) WHERE open;

CREATE INDEX opportunity_stages_stage ON t_x.opportunity_stages USING btree (stage_id);

CREATE INDEX profiles_digits ON t_x.profiles USING btree (reverse(regexp_replace(phone, '[^0-9]'::text, ''::text, 'g'::text)) COLLATE "C") WHERE (phone IS NOT NULL);

CREATE INDEX profiles_email ON t_x.profiles USING btree (email);

CREATE INDEX profiles_user_id ON t_x.profiles USING btree (user_id);

CREATE INDEX tickets_account ON t_x.tickets USING btree (account_id);

CREATE INDEX tickets_contact ON t_x.tickets USING btree (contact_id);

CREATE INDEX tickets_created ON t_x.tickets USING btree (created_at, id);

CREATE INDEX tickets_owner ON t_x.tickets USING btree (owner_id);

CREATE INDEX tickets_status ON t_x.tickets USING btree (status, created_at, id);

CREATE INDEX users_manager ON t_x.users USING btree (manager_id);

CREATE INDEX users_team ON t_x.users USING btree (team_id);

CREATE INDEX views_created ON t_x.views USING btree (created_at, id);

CREATE INDEX views_owner ON t_x.views USING btree (owner_id);

CREATE INDEX audit_at ON t_x_i.audit USING btree (at, chain, seq);

CREATE INDEX bi_grantee_role ON t_x_i.bi_grantee USING btree (role_id);

CREATE INDEX bin_object ON t_x_i.bin USING btree (object, deleted_at DESC);

CREATE INDEX contact_node_node ON t_x_i.contact_node USING btree (node);

CREATE INDEX demotion_event ON t_x_i.demotion USING btree (event_id) WHERE (event_id IS NOT NULL);

CREATE INDEX demotion_identifier ON t_x_i.demotion USING btree (type, value);

CREATE INDEX duplicate_suggestion_b ON t_x_i.duplicate_suggestion USING btree (b);

CREATE INDEX duplicate_suggestion_open ON t_x_i.duplicate_suggestion USING btree (state, id);

CREATE INDEX edge_a ON t_x_i.edge USING btree (a);

CREATE INDEX edge_b ON t_x_i.edge USING btree (b);

CREATE INDEX edge_merge ON t_x_i.edge USING btree (merge);

CREATE INDEX event_log_received ON ONLY t_x_i.event_log USING brin (received_at) WITH (autosummarize='on');

CREATE INDEX event_log_default_received_at_idx ON t_x_i.event_log_default USING brin (received_at) WITH (autosummarize='on');

CREATE INDEX form_submission_form ON t_x_i.form_submission USING btree (form, at DESC, event_id DESC);

CREATE INDEX form_submission_lead ON t_x_i.form_submission USING btree (lead_id, at DESC, event_id DESC) WHERE (lead_id IS NOT NULL);

CREATE INDEX idempotency_created ON t_x_i.idempotency USING btree (created_at);

CREATE INDEX identifier_digits ON t_x_i.identifier USING btree (reverse(regexp_replace(value, '[^0-9]'::text, ''::text, 'g'::text))) WHERE (type = 'phone'::text);

CREATE INDEX identifier_node ON t_x_i.identifier USING btree (node);

CREATE INDEX import_cursor_import ON t_x_i.import_cursor USING btree (import);

CREATE INDEX import_file ON t_x_i.import USING btree (file_sha256);

CREATE INDEX import_row_record ON t_x_i.import_row USING btree (record_id, import) WHERE (record_id IS NOT NULL);

CREATE UNIQUE INDEX lead_conversion_lead ON t_x_i.lead_conversion USING btree (lead_id) WHERE (undone_at IS NULL);

CREATE INDEX lead_node_node ON t_x_i.lead_node USING btree (node);

CREATE INDEX membership_group ON t_x_i.membership USING btree (group_id);

CREATE INDEX merge_created ON t_x_i.merge USING btree (created_at DESC, id DESC);

CREATE INDEX node_component ON t_x_i.node USING btree (component);

CREATE INDEX normal_form_normalizer_1 ON t_x_i.normal_form USING btree (kind, raw) WHERE (normalizer_version <> 1);

CREATE INDEX operation_created ON t_x_i.operation USING btree (created_at, id);

CREATE INDEX operation_running ON t_x_i.operation USING btree (created_at) WHERE (state = 'running'::text);

CREATE INDEX plan_connection_plan ON t_x_i.plan_connection USING btree (plan, version);

CREATE INDEX plan_violation_received ON t_x_i.plan_violation USING btree (received_at, event_id);

CREATE INDEX plan_violation_source ON t_x_i.plan_violation USING btree (source, received_at, event_id);

CREATE INDEX privacy_request_created ON t_x_i.privacy_request USING btree (created_at, id);

CREATE INDEX quarantine_code ON t_x_i.quarantine USING btree (code, received_at, id);

CREATE INDEX quarantine_received ON t_x_i.quarantine USING btree (received_at, id);

CREATE INDEX quarantine_request_received ON t_x_i.quarantine_request USING btree (received_at);

CREATE INDEX quarantine_state ON t_x_i.quarantine USING btree (state, received_at, id);

CREATE INDEX record_alias_record ON t_x_i.record_alias USING btree (record_id);

CREATE INDEX record_history_commit ON t_x_i.record_history USING btree (xid, seq);

CREATE INDEX record_merge_losers ON t_x_i.record_merge USING gin (losers);

CREATE INDEX record_merge_profile ON t_x_i.record_merge USING btree (profile_merge) WHERE (profile_merge IS NOT NULL);

CREATE INDEX record_merge_winner ON t_x_i.record_merge USING btree (winner, id);

CREATE INDEX record_redirect_new ON t_x_i.record_redirect USING btree (new_id);

CREATE INDEX reminder_due ON t_x_i.reminder USING btree (at) WHERE (sent_at IS NULL);

CREATE INDEX reminder_unseen ON t_x_i.reminder USING btree (sent_at) WHERE ((sent_at IS NOT NULL) AND (seen_at IS NULL));

CREATE INDEX review_home ON t_x_i.review USING btree (home) WHERE (state = 'open'::text);

CREATE INDEX review_open ON t_x_i.review USING btree (created_at) WHERE (state = 'open'::text);

CREATE INDEX separation_b ON t_x_i.separation USING btree (b);

CREATE INDEX suppression_request ON t_x_i.suppression USING btree (request);

CREATE UNIQUE INDEX task_occurrence_activity ON t_x_i.task_occurrence USING btree (activity_id);

ALTER INDEX t_x_i.event_log_pkey ATTACH PARTITION t_x_i.event_log_default_pkey;

ALTER INDEX t_x_i.event_log_received ATTACH PARTITION t_x_i.event_log_default_received_at_idx;

ALTER TABLE ONLY t_x.account_contacts
    ADD CONSTRAINT account_contacts_account_id_fkey FOREIGN KEY (account_id) REFERENCES t_x.accounts(id);

ALTER TABLE ONLY t_x.account_contacts
    ADD CONSTRAINT account_contacts_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES t_x.contacts(id);

ALTER TABLE ONLY t_x.accounts
    ADD CONSTRAINT accounts_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x.accounts
    ADD CONSTRAINT accounts_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES t_x.accounts(id);

ALTER TABLE ONLY t_x.activities
    ADD CONSTRAINT activities_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x.activity_links
    ADD CONSTRAINT activity_links_activity_id_fkey FOREIGN KEY (activity_id) REFERENCES t_x.activities(id);

ALTER TABLE ONLY t_x.activity_reminders
    ADD CONSTRAINT activity_reminders_activity_id_fkey FOREIGN KEY (activity_id) REFERENCES t_x.activities(id);

ALTER TABLE ONLY t_x.attachments
    ADD CONSTRAINT attachments_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x.comments
    ADD CONSTRAINT comments_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x.contact_channels
    ADD CONSTRAINT contact_channels_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES t_x.contacts(id);

ALTER TABLE ONLY t_x.contacts
    ADD CONSTRAINT contacts_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x.contacts
    ADD CONSTRAINT contacts_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES t_x.profiles(profile_id);

ALTER TABLE ONLY t_x.forms
    ADD CONSTRAINT forms_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x.forms
    ADD CONSTRAINT forms_team_id_fkey FOREIGN KEY (team_id) REFERENCES t_x.teams(id);

ALTER TABLE ONLY t_x.leads
    ADD CONSTRAINT leads_converted_account_id_fkey FOREIGN KEY (converted_account_id) REFERENCES t_x.accounts(id);

ALTER TABLE ONLY t_x.leads
    ADD CONSTRAINT leads_converted_contact_id_fkey FOREIGN KEY (converted_contact_id) REFERENCES t_x.contacts(id);

ALTER TABLE ONLY t_x.leads
    ADD CONSTRAINT leads_converted_opportunity_id_fkey FOREIGN KEY (converted_opportunity_id) REFERENCES t_x.opportunities(id);

ALTER TABLE ONLY t_x.leads
    ADD CONSTRAINT leads_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x.leads
    ADD CONSTRAINT leads_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES t_x.profiles(profile_id);

ALTER TABLE ONLY t_x.opportunities
    ADD CONSTRAINT opportunities_account_id_fkey FOREIGN KEY (account_id) REFERENCES t_x.accounts(id);

ALTER TABLE ONLY t_x.opportunities
    ADD CONSTRAINT opportunities_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x.opportunities
    ADD CONSTRAINT opportunities_pipeline_id_fkey FOREIGN KEY (pipeline_id) REFERENCES t_x.pipelines(id);

ALTER TABLE ONLY t_x.opportunities
    ADD CONSTRAINT opportunities_stage_id_fkey FOREIGN KEY (stage_id) REFERENCES t_x.stages(id);

ALTER TABLE ONLY t_x.opportunities
    ADD CONSTRAINT opportunities_stage_id_pipeline_id_fkey FOREIGN KEY (stage_id, pipeline_id) REFERENCES t_x.stages(id, pipeline_id);

ALTER TABLE ONLY t_x.opportunity_contacts
    ADD CONSTRAINT opportunity_contacts_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES t_x.contacts(id);

ALTER TABLE ONLY t_x.opportunity_contacts
    ADD CONSTRAINT opportunity_contacts_opportunity_id_fkey FOREIGN KEY (opportunity_id) REFERENCES t_x.opportunities(id);

ALTER TABLE ONLY t_x.opportunity_products
    ADD CONSTRAINT opportunity_products_opportunity_id_fkey FOREIGN KEY (opportunity_id) REFERENCES t_x.opportunities(id);

ALTER TABLE ONLY t_x.opportunity_products
    ADD CONSTRAINT opportunity_products_product_id_fkey FOREIGN KEY (product_id) REFERENCES t_x.products(id);

ALTER TABLE ONLY t_x.opportunity_stages
    ADD CONSTRAINT opportunity_stages_opportunity_id_fkey FOREIGN KEY (opportunity_id) REFERENCES t_x.opportunities(id);

ALTER TABLE ONLY t_x.opportunity_stages
    ADD CONSTRAINT opportunity_stages_stage_id_fkey FOREIGN KEY (stage_id) REFERENCES t_x.stages(id);

ALTER TABLE ONLY t_x.pipelines
    ADD CONSTRAINT pipelines_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x.pipelines
    ADD CONSTRAINT pipelines_team_id_fkey FOREIGN KEY (team_id) REFERENCES t_x.teams(id);

ALTER TABLE ONLY t_x.products
    ADD CONSTRAINT products_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x.stages
    ADD CONSTRAINT stages_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x.stages
    ADD CONSTRAINT stages_pipeline_id_fkey FOREIGN KEY (pipeline_id) REFERENCES t_x.pipelines(id);

ALTER TABLE ONLY t_x.teams
    ADD CONSTRAINT teams_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x.teams
    ADD CONSTRAINT teams_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES t_x.teams(id);

ALTER TABLE ONLY t_x.tickets
    ADD CONSTRAINT tickets_account_id_fkey FOREIGN KEY (account_id) REFERENCES t_x.accounts(id);

ALTER TABLE ONLY t_x.tickets
    ADD CONSTRAINT tickets_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES t_x.contacts(id);

ALTER TABLE ONLY t_x.tickets
    ADD CONSTRAINT tickets_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x.users
    ADD CONSTRAINT users_manager_id_fkey FOREIGN KEY (manager_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x.users
    ADD CONSTRAINT users_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x.users
    ADD CONSTRAINT users_team_id_fkey FOREIGN KEY (team_id) REFERENCES t_x.teams(id);

ALTER TABLE ONLY t_x.views
    ADD CONSTRAINT views_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES t_x.users(id);

ALTER TABLE ONLY t_x_i.bi_grantee
    ADD CONSTRAINT bi_grantee_role_id_fkey FOREIGN KEY (role_id) REFERENCES t_x_i.role(id);

ALTER TABLE ONLY t_x_i.component
    ADD CONSTRAINT component_public_node_fkey FOREIGN KEY (public_node) REFERENCES t_x_i.node(id);

ALTER TABLE ONLY t_x_i.contact_node
    ADD CONSTRAINT contact_node_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES t_x.contacts(id);

ALTER TABLE ONLY t_x_i.contact_node
    ADD CONSTRAINT contact_node_node_fkey FOREIGN KEY (node) REFERENCES t_x_i.node(id);

ALTER TABLE ONLY t_x_i.custom_field
    ADD CONSTRAINT custom_field_object_fkey FOREIGN KEY (object) REFERENCES t_x_i.object_description(object);

ALTER TABLE ONLY t_x_i.custom_field
    ADD CONSTRAINT custom_field_target_fkey FOREIGN KEY (target) REFERENCES t_x_i.object_description(object);

ALTER TABLE ONLY t_x_i.edge
    ADD CONSTRAINT edge_a_fkey FOREIGN KEY (a) REFERENCES t_x_i.node(id);

ALTER TABLE ONLY t_x_i.edge
    ADD CONSTRAINT edge_b_fkey FOREIGN KEY (b) REFERENCES t_x_i.node(id);

ALTER TABLE ONLY t_x_i.edge
    ADD CONSTRAINT edge_merge_fkey FOREIGN KEY (merge) REFERENCES t_x_i.merge(id);

ALTER TABLE ONLY t_x_i.export
    ADD CONSTRAINT export_id_fkey FOREIGN KEY (id) REFERENCES t_x_i.operation(id) ON DELETE CASCADE;

ALTER TABLE ONLY t_x_i.export_part
    ADD CONSTRAINT export_part_export_id_fkey FOREIGN KEY (export_id) REFERENCES t_x_i.export(id) ON DELETE CASCADE;

ALTER TABLE ONLY t_x_i.identifier
    ADD CONSTRAINT identifier_node_fkey FOREIGN KEY (node) REFERENCES t_x_i.node(id);

ALTER TABLE ONLY t_x_i.import_cursor
    ADD CONSTRAINT import_cursor_import_fkey FOREIGN KEY (import) REFERENCES t_x_i.import(id);

ALTER TABLE ONLY t_x_i.import_reference
    ADD CONSTRAINT import_reference_import_fkey FOREIGN KEY (import) REFERENCES t_x_i.import(id) ON DELETE CASCADE;

ALTER TABLE ONLY t_x_i.import_row
    ADD CONSTRAINT import_row_import_fkey FOREIGN KEY (import) REFERENCES t_x_i.import(id) ON DELETE CASCADE;

ALTER TABLE ONLY t_x_i.lead_node
    ADD CONSTRAINT lead_node_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES t_x.leads(id);

ALTER TABLE ONLY t_x_i.lead_node
    ADD CONSTRAINT lead_node_node_fkey FOREIGN KEY (node) REFERENCES t_x_i.node(id);

ALTER TABLE ONLY t_x_i.membership
    ADD CONSTRAINT membership_node_fkey FOREIGN KEY (node) REFERENCES t_x_i.node(id);

ALTER TABLE ONLY t_x_i.merge
    ADD CONSTRAINT merge_winner_node_fkey FOREIGN KEY (winner_node) REFERENCES t_x_i.node(id);

ALTER TABLE ONLY t_x_i.operation_record
    ADD CONSTRAINT operation_record_operation_id_fkey FOREIGN KEY (operation_id) REFERENCES t_x_i.operation(id);

ALTER TABLE ONLY t_x_i.plan_connection
    ADD CONSTRAINT plan_connection_plan_fkey FOREIGN KEY (plan) REFERENCES t_x_i.tracking_plan(id);

ALTER TABLE ONLY t_x_i.plan_connection
    ADD CONSTRAINT plan_connection_plan_version_fkey FOREIGN KEY (plan, version) REFERENCES t_x_i.tracking_plan_version(plan, version);

ALTER TABLE ONLY t_x_i.plan_connection
    ADD CONSTRAINT plan_connection_source_fkey FOREIGN KEY (source) REFERENCES t_x_i.source(id);

ALTER TABLE ONLY t_x_i.review
    ADD CONSTRAINT review_home_fkey FOREIGN KEY (home) REFERENCES t_x_i.node(id);

ALTER TABLE ONLY t_x_i.role_field
    ADD CONSTRAINT role_field_role_id_fkey FOREIGN KEY (role_id) REFERENCES t_x_i.role(id);

ALTER TABLE ONLY t_x_i.role_grant
    ADD CONSTRAINT role_grant_role_id_fkey FOREIGN KEY (role_id) REFERENCES t_x_i.role(id);

ALTER TABLE ONLY t_x_i.separation
    ADD CONSTRAINT separation_a_fkey FOREIGN KEY (a) REFERENCES t_x_i.node(id);

ALTER TABLE ONLY t_x_i.separation
    ADD CONSTRAINT separation_b_fkey FOREIGN KEY (b) REFERENCES t_x_i.node(id);

ALTER TABLE ONLY t_x_i.source_consent
    ADD CONSTRAINT source_consent_source_fkey FOREIGN KEY (source) REFERENCES t_x_i.source(id);

ALTER TABLE ONLY t_x_i.source_mapping
    ADD CONSTRAINT source_mapping_source_fkey FOREIGN KEY (source) REFERENCES t_x_i.source(id);

ALTER TABLE ONLY t_x_i.tracking_plan_version
    ADD CONSTRAINT tracking_plan_version_plan_fkey FOREIGN KEY (plan) REFERENCES t_x_i.tracking_plan(id) ON DELETE CASCADE;
