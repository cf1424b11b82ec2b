-- safety: locks-briefly
-- module: all
-- schema: internal
-- Nodes are never deleted, so these keys only ever looked up and locked the node that the same transaction had made, once for each new
-- identifier, component and link. `doctor` looks for what has no node (check_identity).

alter table component drop constraint if exists component_public_node_fkey;
alter table identifier drop constraint if exists identifier_node_fkey;
alter table if exists contact_node drop constraint if exists contact_node_node_fkey;
alter table if exists lead_node drop constraint if exists lead_node_node_fkey;
