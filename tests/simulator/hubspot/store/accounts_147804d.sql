-- Written by commit 147804d, the last one before modules were moved: `sqlite3 FILE .dump`.
pragma application_id=1213418801;
pragma user_version=1;
BEGIN TRANSACTION;
CREATE TABLE accounts (account integer primary key, portal_id integer not null, switches text not null,
    counters text not null default '{}');
INSERT INTO "accounts" VALUES(1,12345678,'{"unknown_email":"unassociated","unknown_object_id":"drop","invalid_email":"reject","unknown_property":"drop","bad_value":"reject","batch_bad_input":"all_or_nothing","duplicate_uuid":"silent","empty_batch":"accept","missing_properties":"accept","naive_occurred_at":"reject","future_occurred_at":"accept","unknown_definition_get":"400","partial_upsert":"keep","retry_after_on_429":0,"visibility_delay_ms":0,"search_lag_ms":0,"tier":"starter","events_rps":1250,"enforce_rate_limits":false,"auto_define":false}','{"accepted":2,"unassociated":1,"duplicates":0,"dropped":0,"forgotten":0}');
INSERT INTO "accounts" VALUES(2,7,'{"unknown_email":"unassociated","unknown_object_id":"drop","invalid_email":"reject","unknown_property":"reject","bad_value":"reject","batch_bad_input":"all_or_nothing","duplicate_uuid":"silent","empty_batch":"accept","missing_properties":"accept","naive_occurred_at":"reject","future_occurred_at":"accept","unknown_definition_get":"400","partial_upsert":"keep","retry_after_on_429":0,"visibility_delay_ms":0,"search_lag_ms":0,"tier":"professional","events_rps":1250,"enforce_rate_limits":false,"auto_define":false}','{}');
CREATE TABLE contact_history (number integer primary key, account integer not null, contact integer not null,
    property text not null, value text not null, at text not null);
INSERT INTO "contact_history" VALUES(1,1,101,'lifecyclestage','lead','2023-11-14T22:13:20.000Z');
INSERT INTO "contact_history" VALUES(2,1,101,'email','ada@example.org','2023-11-14T22:13:20.000Z');
INSERT INTO "contact_history" VALUES(3,1,101,'firstname','Ada','2023-11-14T22:13:20.000Z');
INSERT INTO "contact_history" VALUES(4,1,101,'hs_additional_emails','lovelace@example.org','2023-11-14T22:13:20.000Z');
INSERT INTO "contact_history" VALUES(5,1,102,'lifecyclestage','lead','2023-11-14T22:13:20.000Z');
INSERT INTO "contact_history" VALUES(6,1,102,'email','bob@example.org','2023-11-14T22:13:20.000Z');
INSERT INTO "contact_history" VALUES(7,1,101,'plan','free','2023-11-14T22:14:20.000Z');
INSERT INTO "contact_history" VALUES(8,1,101,'firstname','Augusta','2023-11-14T22:14:20.000Z');
CREATE TABLE contact_properties (account integer, name text, definition text not null,
    primary key (account, name)) without rowid;
INSERT INTO "contact_properties" VALUES(1,'plan','{"name":"plan","label":"Plan","type":"enumeration","options":[{"label":"Free","value":"free","display_order":0,"hidden":false}],"description":"","group":"contactinformation","read_only":false,"hubspot_defined":false,"unique":false,"field_type":"select","display_order":-1,"hidden":false,"form_field":false,"calculated":false}');
CREATE TABLE contacts (account integer, id integer, email text, created_at text not null, updated_at text not null,
    archived_at text, created real not null, properties text not null, primary key (account, id)) without rowid;
INSERT INTO "contacts" VALUES(1,101,'ada@example.org','2023-11-14T22:13:20.000Z','2023-11-14T22:14:20.000Z',NULL,1700000000.0,'{"createdate":"2023-11-14T22:13:20.000Z","hs_object_id":"101","hs_is_contact":"true","hs_all_contact_vids":"101","hs_object_source":"INTEGRATION","hs_object_source_id":"1","hs_object_source_label":"INTEGRATION","hs_is_unworked":"true","hs_marketable_status":"false","hs_marketable_until_renewal":"false","hs_pipeline":"contacts-lifecycle-pipeline","lastmodifieddate":"2023-11-14T22:14:20.000Z","lifecyclestage":"lead","hs_email_domain":"example.org","email":"ada@example.org","firstname":"Augusta","hs_additional_emails":"lovelace@example.org","plan":"free"}');
INSERT INTO "contacts" VALUES(1,102,'bob@example.org','2023-11-14T22:13:20.000Z','2023-11-14T22:13:20.000Z','2023-11-14T22:13:20.000Z',1700000000.0,'{"createdate":"2023-11-14T22:13:20.000Z","hs_object_id":"102","hs_is_contact":"true","hs_all_contact_vids":"102","hs_object_source":"INTEGRATION","hs_object_source_id":"1","hs_object_source_label":"INTEGRATION","hs_is_unworked":"true","hs_marketable_status":"false","hs_marketable_until_renewal":"false","hs_pipeline":"contacts-lifecycle-pipeline","lastmodifieddate":"2023-11-14T22:13:20.000Z","lifecyclestage":"lead","hs_email_domain":"example.org","email":"bob@example.org"}');
CREATE TABLE definitions (account integer, name text, deleted integer not null, label text, definition text,
    primary key (account, name)) without rowid;
INSERT INTO "definitions" VALUES(1,'pe12345678_gone',1,NULL,NULL);
INSERT INTO "definitions" VALUES(1,'pe12345678_order',0,'Order','{"name":"pe12345678_order","properties":{"total":{"name":"total","label":"Total","type":"number","options":[],"description":"","group":"event_properties","read_only":false,"hubspot_defined":false,"unique":false,"field_type":"","display_order":-1,"hidden":false,"form_field":null,"calculated":false}},"label":"Order","description":"d","primary_object":"CONTACT","matching":null,"created_at":"2023-11-14T22:14:20.000Z","updated_at":"2023-11-14T22:14:20.000Z","number":1,"more":{}}');
CREATE TABLE occurrences (account integer, number integer, id text not null, has_uuid integer not null,
    event_name text not null, contact integer, occurred_at real not null, came_at real not null,
    visible_at real not null, properties text not null, primary key (account, number)) without rowid;
INSERT INTO "occurrences" VALUES(1,1,'u1',1,'pe12345678_order',101,1699999200.0,1700000060.0,1700000060.0,'{"total":"9.5"}');
INSERT INTO "occurrences" VALUES(1,2,'df289fcb-d753-4f62-90fb-ad55da036dcb',0,'pe12345678_order',NULL,1700000060.0,1700000060.0,1700000060.0,'{}');
CREATE TABLE tokens (token_sha256 text primary key, account integer not null, scopes text);
INSERT INTO "tokens" VALUES('86ba3797574a3ece53ed26ad2886ed5ff31710b911910ac3f1a6f6bae57b883c',1,NULL);
INSERT INTO "tokens" VALUES('ae6c2083009b622da660fa1d28d3ddc065b0741a913f6e4f9ef99928c2b3a801',2,'["crm.objects.contacts.read"]');
COMMIT;
