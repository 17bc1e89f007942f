-- Internal notes and telephone contacts about an application: never published, erased with its contacts.

create table case_notes (
    note_id uuid primary key,
    receipt_number text not null,
    kind text not null check (kind in ('note', 'telephone')),
    login text not null,
    display_name text not null,
    written_at timestamptz not null,
    called_at timestamptz,
    spoke_with text,
    text text not null check (text <> ''),
    check (kind = 'telephone' or (called_at is null and spoke_with is null))
);

create index case_notes_receipt on case_notes (receipt_number, written_at);
