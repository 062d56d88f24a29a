using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Npgsql;

namespace Runner.Persistence.Postgres.Cluster;

/// <summary>What a renewal found.</summary>
/// <param name="Now">The time by the database's clock.</param>
/// <param name="Renewed">The names of the leases that were renewed.</param>
/// <param name="Holder">Who had the database; null for nobody ever.</param>
/// <param name="NodeOwner">Whose life the node's own row says; null if there is none.</param>
internal sealed record Renewal(DateTime Now, HashSet<string> Renewed, HolderRow? Holder, string? NodeOwner);

/// <summary>The row by which the database is one cluster's or one node's.</summary>
internal sealed record HolderRow(string? Owner, DateTime Expires, bool IsExpired)
{
    public bool IsOfNodeAlone => Owner is not null && !ClusterSql.IsCluster(Owner);

    /// <summary>Whether it has not been renewed, nor taken, since it was another time.</summary>
    public bool IsAs(HolderRow? before) => before is not null && before.Owner == Owner && before.Expires == Expires;
}

/// <summary>The statements of a <see cref="ClusterKeeper"/>. Each is a transaction of its own: nobody leaves a lock behind.</summary>
internal static class ClusterSql
{
    private const string ClusterPrefix = "cluster/";

    // What stays of an expired lease is its row. Who gives one back leaves no owner, so that its former one cannot renew it by mistake.
    private const string Free = "owner = NULL, host = NULL, pid = NULL, expires = '-infinity'";

    public static string OwnerOf(Guid cluster) => $"{ClusterPrefix}{cluster:D}";

    public static bool IsCluster(string owner) => owner.StartsWith(ClusterPrefix, StringComparison.Ordinal);

    public static Guid? ClusterOf(string? owner) =>
        owner is not null && IsCluster(owner) && Guid.TryParseExact(owner[ClusterPrefix.Length..], "D", out Guid cluster) ? cluster : null;

    /// <summary>Renews all that a node has, in one statement, and finds who has the database.</summary>
    public static async Task<Renewal> RenewAsync(PostgresSession session, TimeSpan ttl, HeldLease[] held, Guid? cluster, NodeRow? node)
    {
        // Rows are locked in order, as ExpireAsync does: neither waits for the other in a circle. The database's own row is renewed when a quarter
        // of its time is over, so that not every member writes it each time.
        const string sql = """
            WITH mine AS MATERIALIZED (
                SELECT l.name FROM leases l JOIN unnest($2::text[], $3::text[]) h (name, owner) ON l.name = h.name AND l.owner = h.owner
                ORDER BY l.name FOR UPDATE OF l),
            renewed AS (UPDATE leases SET expires = now() + $1::interval FROM mine WHERE leases.name = mine.name RETURNING leases.name),
            whole AS (UPDATE leases SET expires = now() + $1::interval
                WHERE name = 'node' AND owner = $4::text AND expires < now() + $1::interval * 0.75),
            own AS (UPDATE nodes SET heard = now(), backend = pg_backend_pid() WHERE name = $5::text AND owner = $6::text)
            SELECT 0, NULL, now(), false
            UNION ALL SELECT 1, name, NULL, false FROM renewed
            UNION ALL SELECT 2, owner, expires, expires < now() FROM leases WHERE name = 'node'
            UNION ALL SELECT 3, owner, NULL, false FROM nodes WHERE name = $5::text
            """;
        List<(int Part, string? Text, DateTime Time, bool Expired)> rows = await session.QueryAsync(
            sql, static row => (row.GetInt32(0), row.IsDBNull(1) ? null : row.GetString(1), row.IsDBNull(2) ? default : row.GetDateTime(2),
                row.GetBoolean(3)),
            ttl, held.Select(lease => lease.Name).ToArray(), held.Select(lease => lease.Owner).ToArray(),
            cluster is { } whole ? OwnerOf(whole) : DBNull.Value, node?.Name ?? (object)DBNull.Value, node?.Owner ?? (object)DBNull.Value)
            .ConfigureAwait(false);
        return new Renewal(
            rows.Single(row => row.Part == 0).Time,
            rows.Where(row => row.Part == 1).Select(row => row.Text!).ToHashSet(StringComparer.Ordinal),
            rows.Where(row => row.Part == 2).Select(row => new HolderRow(row.Text, row.Time, row.Expired)).SingleOrDefault(),
            rows.Where(row => row.Part == 3).Select(row => row.Text).SingleOrDefault());
    }

    public static async Task<HolderRow?> HolderAsync(PostgresSession session) => (await session.QueryAsync(
        "SELECT owner, expires, expires < now() FROM leases WHERE name = 'node'",
        static row => new HolderRow(row.IsDBNull(0) ? null : row.GetString(0), row.GetDateTime(1), row.GetBoolean(2))).ConfigureAwait(false))
        .SingleOrDefault();

    /// <summary>Takes the database for a new cluster if nobody has it; also from whom it has expired, if that was watched.</summary>
    public static async Task<bool> FormAsync(PostgresSession session, TimeSpan ttl, Guid cluster, HolderRow? watched) => await session.ExecuteAsync(
        """
        INSERT INTO leases (name, owner, host, pid, expires) VALUES ('node', $1, $2, $3, now() + $4)
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, host = excluded.host, pid = excluded.pid, expires = excluded.expires
        WHERE leases.expires = '-infinity'
            OR (leases.expires < now() AND leases.owner = $5::text AND leases.expires = $6::timestamptz)
        """,
        OwnerOf(cluster), Environment.MachineName, Environment.ProcessId, ttl, watched?.Owner ?? (object)DBNull.Value,
        watched?.Expires ?? (object)DBNull.Value).ConfigureAwait(false) > 0;

    public static async Task<bool> AcquireAsync(PostgresSession session, TimeSpan ttl, string lease, string owner, bool mayTakeOver) =>
        await session.ExecuteAsync(
            """
            INSERT INTO leases (name, owner, host, pid, expires) VALUES ($1, $2, $3, $4, now() + $5)
            ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, host = excluded.host, pid = excluded.pid, expires = excluded.expires
            WHERE leases.owner IS NULL OR leases.owner = excluded.owner OR (leases.expires < now() AND $6)
            """,
            lease, owner, Environment.MachineName, Environment.ProcessId, ttl, mayTakeOver).ConfigureAwait(false) > 0;

    /// <summary>Frees leases, those that are still their owner's.</summary>
    public static Task<int> ReleaseAsync(PostgresSession session, IReadOnlyCollection<(string Lease, string Owner)> leases) => session.ExecuteAsync(
        $"""
        WITH theirs AS MATERIALIZED (
            SELECT l.name FROM leases l JOIN unnest($1::text[], $2::text[]) g (name, owner) ON l.name = g.name AND l.owner = g.owner
            ORDER BY l.name FOR UPDATE OF l)
        UPDATE leases SET {Free} FROM theirs WHERE leases.name = theirs.name
        """,
        leases.Select(each => each.Lease).ToArray(), leases.Select(each => each.Owner).ToArray());

    /// <summary>Frees all leases of an owner.</summary>
    public static Task<int> ExpireAsync(PostgresSession session, string owner) => session.ExecuteAsync(
        $"""
        WITH theirs AS MATERIALIZED (SELECT name FROM leases WHERE owner = $1 AND name <> 'node' ORDER BY name FOR UPDATE)
        UPDATE leases SET {Free} FROM theirs WHERE leases.name = theirs.name
        """,
        owner);

    /// <summary>Writes a node's row, unless another node has it.</summary>
    public static async Task<bool> AnnounceAsync(PostgresSession session, NodeRow row, TimeSpan ttl, bool mayTakeOver) =>
        await session.ExecuteAsync(
            """
            INSERT INTO nodes (name, owner, address, api_url, cluster, status, labels, process_limit, version, protocol, event_kinds, heard)
            VALUES ($1, $2, $3, $4::text, $5::text, $6, $7::jsonb, $8, $9, $10, $11, now())
            ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, address = excluded.address, api_url = excluded.api_url,
                cluster = excluded.cluster, status = excluded.status, labels = excluded.labels, process_limit = excluded.process_limit,
                version = excluded.version, protocol = excluded.protocol, event_kinds = excluded.event_kinds, heard = excluded.heard,
                backend = CASE WHEN nodes.owner = excluded.owner THEN nodes.backend END
            WHERE starts_with(nodes.owner, $12) OR (nodes.heard < now() - $13 AND $14)
            """,
            row.Name, row.Owner, row.Address, row.Api ?? (object)DBNull.Value, row.Cluster?.ToString("D") ?? (object)DBNull.Value,
            TextOf(row.Status), Json(row.Labels), row.ProcessLimit, row.Version, row.Protocol, row.EventKinds.ToArray(), row.OwnerPrefix, ttl,
            mayTakeOver).ConfigureAwait(false) > 0;

    /// <summary>Where the node of a name is, when it was last heard of and how long ago that is.</summary>
    public static async Task<(string Address, DateTime Heard, TimeSpan Ago)?> NamedAsync(PostgresSession session, string name)
    {
        List<(string, DateTime, TimeSpan)> found = await session.QueryAsync(
            "SELECT address, heard, now() - heard FROM nodes WHERE name = $1",
            static row => (row.GetString(0), row.GetDateTime(1), row.GetTimeSpan(2)), name).ConfigureAwait(false);
        return found is [var node] ? node : null;
    }

    /// <summary>
    /// Whether the session is there by which an owner's node was heard of last: the server ends it when the node's process ends. Null where that is
    /// not known.
    /// </summary>
    public static async Task<bool?> HasSessionAsync(PostgresSession session, string owner)
    {
        // A number may be another session's by now, which began later. When a session of another user began may be hidden: then it may be it.
        List<bool> found = await session.QueryAsync(
            """
            SELECT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = n.backend AND (a.backend_start IS NULL OR a.backend_start <= n.heard))
            FROM nodes n WHERE n.owner = $1 AND n.backend IS NOT NULL
            """,
            static row => row.GetBoolean(0), owner).ConfigureAwait(false);
        return found is [var has] ? has : null;
    }

    /// <summary>Whose a lease is, as the database has it; null for nobody's.</summary>
    public static async Task<string?> OwnerAsync(PostgresSession session, string lease) => (await session.QueryAsync(
        "SELECT owner FROM leases WHERE name = $1", static row => row.IsDBNull(0) ? null : row.GetString(0), lease).ConfigureAwait(false))
        .SingleOrDefault();

    /// <summary>Removes a node's row and frees its leases, and the database with them if it was the last of its cluster.</summary>
    public static async Task WithdrawAsync(PostgresSession session, NodeRow row, TimeSpan ttl)
    {
        await ExpireAsync(session, row.Owner).ConfigureAwait(false);
        await session.ExecuteAsync("DELETE FROM nodes WHERE name = $1 AND owner = $2", row.Name, row.Owner).ConfigureAwait(false);
        if (row.Cluster is { } cluster)
        {
            await session.ExecuteAsync(
                $"""
                UPDATE leases SET {Free} WHERE name = 'node' AND owner = $1
                    AND NOT EXISTS (SELECT FROM nodes WHERE cluster = $2 AND heard > now() - $3)
                """,
                OwnerOf(cluster), cluster.ToString("D"), ttl).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// A kind may be used from now on, if every node that was heard of lately knows it. No node can announce itself meanwhile: whoever does later
    /// finds what is used.
    /// </summary>
    /// <returns>Whether it may.</returns>
    public static async Task<bool> TryUseAsync(PostgresSession session, string kind, TimeSpan lately)
    {
        if ((await UsedAsync(session).ConfigureAwait(false)).Contains(kind))
        {
            return true;
        }

        await session.ExecuteAsync("BEGIN").ConfigureAwait(false);
        try
        {
            await session.ExecuteAsync("LOCK TABLE nodes IN SHARE ROW EXCLUSIVE MODE").ConfigureAwait(false);
            int used = await session.ExecuteAsync(
                """
                INSERT INTO used_kinds (kind) SELECT $1 WHERE NOT EXISTS (
                    SELECT FROM nodes WHERE heard > now() - $2 AND NOT $1 = ANY (event_kinds))
                ON CONFLICT (kind) DO UPDATE SET kind = excluded.kind
                """,
                kind, lately).ConfigureAwait(false);
            await session.ExecuteAsync("COMMIT").ConfigureAwait(false);
            return used > 0;
        }
        catch (PostgresException)
        {
            await session.ExecuteAsync("ROLLBACK").ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What may have been written or sent of what was newer once.</summary>
    public static async Task<HashSet<string>> UsedAsync(PostgresSession session) =>
        [.. await session.QueryAsync("SELECT kind FROM used_kinds", static row => row.GetString(0)).ConfigureAwait(false)];

    public static async Task<ClusterView> ReadAsync(PostgresSession session)
    {
        const string sql = """
            SELECT now(), l.owner, l.host, l.pid, CASE WHEN l.expires > '-infinity' THEN l.expires - now() ELSE interval '0' END,
                n.name, n.owner, n.address, n.api_url, n.cluster, n.status, n.labels::text, n.process_limit, n.version, n.protocol, n.event_kinds,
                now() - n.heard
            FROM (SELECT 1) AS one LEFT JOIN leases l ON l.name = 'node' LEFT JOIN nodes n ON true ORDER BY n.name
            """;
        List<(DateTime Now, DatabaseHolder? Holder, NodeSeen? Node)> rows = await session.QueryAsync(
            sql, static row => (row.GetDateTime(0), Holder(row), Node(row))).ConfigureAwait(false);
        return new ClusterView(new DateTimeOffset(rows[0].Now), rows[0].Holder, [.. rows.Select(row => row.Node).OfType<NodeSeen>()]);
    }

    private static DatabaseHolder? Holder(NpgsqlDataReader row) => row.IsDBNull(1) ? null : new DatabaseHolder(
        row.GetString(1), ClusterOf(row.GetString(1)), row.IsDBNull(2) ? "" : row.GetString(2), row.IsDBNull(3) ? 0 : row.GetInt32(3),
        row.GetTimeSpan(4));

    private static NodeSeen? Node(NpgsqlDataReader row) => row.IsDBNull(5) ? null : new NodeSeen(
        new NodeRow(
            row.GetString(5), row.GetString(6), row.GetString(7), row.IsDBNull(8) ? null : row.GetString(8),
            row.IsDBNull(9) ? null : Guid.Parse(row.GetString(9)), StatusOf(row.GetString(10)), Labels(row.GetString(11)), row.GetInt32(12),
            row.GetString(13), row.GetInt32(14), [.. row.GetFieldValue<string[]>(15)]),
        row.GetTimeSpan(16));

    private static string TextOf(NodeStatus status) => status switch
    {
        NodeStatus.Joining => "joining",
        NodeStatus.Up => "up",
        _ => "leaving",
    };

    private static NodeStatus StatusOf(string text) => text switch
    {
        "joining" => NodeStatus.Joining,
        "up" => NodeStatus.Up,
        _ => NodeStatus.Leaving,
    };

    private static string Json(ImmutableSortedDictionary<string, string> labels)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter writer = new(text))
        {
            writer.WriteStartObject();
            foreach ((string name, string value) in labels)
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    private static ImmutableSortedDictionary<string, string> Labels(string json)
    {
        using JsonDocument labels = JsonDocument.Parse(json);
        return labels.RootElement.EnumerateObject()
            .ToImmutableSortedDictionary(label => label.Name, label => label.Value.GetString() ?? "", StringComparer.Ordinal);
    }
}
