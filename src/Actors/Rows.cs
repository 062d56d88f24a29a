using System.Collections.Immutable;
using System.Text.Json;
using Runner.Entities.Store;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Actors;

// The rows of Tables by what they mean: nobody else knows at which place of a row a value stands. They are here and not beside the store, which keeps
// rows for anybody and knows no domain.

/// <summary>A run, in <see cref="Tables.Runs"/>. Its times are to the millisecond.</summary>
internal sealed record RunRow(
    Guid Run, string Deployment, RunState State, DateTimeOffset Due, DateTimeOffset Created, DateTimeOffset? Started, DateTimeOffset? Ended,
    int Attempt, int Priority, int? ExitCode, string? Schedule, string? WaitingFor, ImmutableArray<string> Tags, string? Name = null)
{
    private const int CreatedColumn = 6;
    private const int AttemptColumn = 9;

    /// <summary>Its place in the order of creation.</summary>
    public RowPosition Place => PlaceAt(Created.ToUnixTimeMilliseconds(), RowValues.Key(Run));

    /// <summary>As it is listed.</summary>
    public RunSummary Summary =>
        new(Run, Deployment, State, Due, Created, Started, Ended, Attempt, Priority, ExitCode, Schedule, Tags, WaitingFor, Name);

    public static RunRow Of(Row row) => row.Values is
        [
            var deployment, var name, var type, var at, var message, var due, var created, var started, var ended, var attempt, var priority,
            var exitCode, var schedule, var waitingFor, var tags, var called]
        ? new(
            Guid.Parse(row.Key), (string)deployment!,
            new RunState(Enum.Parse<StateType>((string)type!), (string)name!, RowValues.Time(at), (string?)message),
            RowValues.Time(due), RowValues.Time(created), RowValues.OptionalTime(started), RowValues.OptionalTime(ended), (int)(long)attempt!,
            (int)(long)priority!, (int?)(long?)exitCode, (string?)schedule, (string?)waitingFor, (ImmutableArray<string>)tags!, (string?)called)
        : throw RowValues.Unlike(Tables.Runs, row);

    /// <summary>The latest attempt, also if all else of the row cannot be read; null if not even that can.</summary>
    public static int? AttemptOf(Row row) =>
        row.Values.Length > AttemptColumn && row.Values[AttemptColumn] is long and >= 0 and <= int.MaxValue and var attempt ? (int)attempt : null;

    public RowChange Put() => RowChange.Put(
        Tables.Runs.Name, RowValues.Key(Run),
        Deployment, State.Name, State.Type.ToString(), RowValues.Of(State.At), State.Message, RowValues.Of(Due), RowValues.Of(Created),
        RowValues.Of(Started), RowValues.Of(Ended), (long)Attempt, (long)Priority, (long?)ExitCode, Schedule, WaitingFor, Tags, Name);

    public static RowChange Delete(Guid run) => RowChange.Delete(Tables.Runs.Name, RowValues.Key(run));

    /// <summary>
    /// Where a page of rows by creation goes on: after the last whose place can be read. What cannot be read is not passed over for ever: the next
    /// page has it again at most. Null where none can be, which ends the list.
    /// </summary>
    public static RowPosition? LastPlace(ImmutableArray<Row> rows) =>
        rows.LastOrDefault(row => row.Values[CreatedColumn] is long && Guid.TryParse(row.Key, out _)) is { } last
            ? PlaceAt((long)last.Values[CreatedColumn]!, last.Key) : null;

    /// <summary>A place in the order of creation.</summary>
    /// <param name="created">Unix milliseconds.</param>
    public static RowPosition PlaceAt(long created, string key) => new([created], key);

    /// <summary>When the run at a place in the order of creation was made, in Unix milliseconds.</summary>
    public static long CreatedAt(RowPosition place) => (long)place.Values[0]!;
}

/// <summary>What a run is found by beside its state, deployment and tags, in <see cref="Tables.RunWords"/>: written once, with the run.</summary>
/// <param name="Words">Made by <see cref="OfName"/> and <see cref="OfParameter"/>; none is no row.</param>
internal sealed record RunWordsRow(Guid Run, DateTimeOffset Created, ImmutableArray<string> Words)
{
    /// <summary>The parameters that are known by their values, of each run.</summary>
    private const int MostParameters = 20;

    private const int LongestValue = 200;

    public static RunWordsRow Of(Row row) => row.Values is [var created, var words]
        ? new(Guid.Parse(row.Key), RowValues.Time(created), (ImmutableArray<string>)words!)
        : throw RowValues.Unlike(Tables.RunWords, row);

    /// <summary>The word of a name. No parameter is called nothing.</summary>
    public static string OfName(string name) => "=" + name;

    /// <summary>The word of a parameter's value.</summary>
    /// <param name="asked"><c>NAME=VALUE</c>.</param>
    public static string OfParameter(string asked) => asked;

    /// <summary>The words of a run.</summary>
    public static ImmutableArray<string> Of(RunScheduled run) =>
    [
        .. run.Name is { } name ? [OfName(name)] : Array.Empty<string>(),
        .. run.Parameters.Select(p => (p.Key, Text: TextOf(p.Value)))
            .Where(p => p.Text is { Length: <= LongestValue } && p.Key.Length is > 0 and <= LongestValue)
            .Take(MostParameters).Select(p => OfParameter($"{p.Key}={p.Text}")),
    ];

    /// <summary>As <see cref="RunRow.LastPlace"/>, of rows of this table.</summary>
    public static RowPosition? LastPlace(ImmutableArray<Row> rows) =>
        rows.LastOrDefault(row => row.Values is [long, ..] && Guid.TryParse(row.Key, out _)) is { } last
            ? RunRow.PlaceAt((long)last.Values[0]!, last.Key) : null;

    public RowChange Put() => RowChange.Put(Tables.RunWords.Name, RowValues.Key(Run), RowValues.Of(Created), Words);

    public static RowChange Delete(Guid run) => RowChange.Delete(Tables.RunWords.Name, RowValues.Key(run));

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };
}

/// <summary>A run that has not ended, in <see cref="Tables.OpenRuns"/>.</summary>
internal sealed record OpenRunRow(Guid Run, string Deployment)
{
    public static OpenRunRow Of(Row row) => row.Values is [var deployment]
        ? new(Guid.Parse(row.Key), (string)deployment!)
        : throw RowValues.Unlike(Tables.OpenRuns, row);

    public RowChange Put() => RowChange.Put(Tables.OpenRuns.Name, RowValues.Key(Run), Deployment);

    public static RowChange Delete(Guid run) => RowChange.Delete(Tables.OpenRuns.Name, RowValues.Key(run));
}

/// <summary>A run in the limiter's queue, in <see cref="Tables.Waiters"/>.</summary>
/// <param name="Limits">All that it needs a slot of.</param>
/// <param name="Own">The size of the first of them as the run knows it, which bounds it when the limit has none; null for none.</param>
/// <param name="CancelsRunning">Whether others of its deployment give way to it; only with <paramref name="Own"/>.</param>
internal sealed record WaiterRow(
    Guid Run, string WaitingFor, int Priority, DateTimeOffset Ready, ImmutableArray<string> Limits, int? Own = null, bool CancelsRunning = false,
    NodeRequirements? Requires = null)
{
    private const char Separator = '\n';

    /// <summary>Between the first limit and the size; no name has it in it.</summary>
    private const char Sized = '=';

    /// <summary>After the size of one that others give way to.</summary>
    private const char Newest = 'r';

    /// <summary>Before what the run requires of its node, as JSON, in the place of a last limit; no name begins with it.</summary>
    private const char Requiring = '{';

    /// <summary>What the table orders by, least first: the highest priority.</summary>
    public long Urgency => -(long)Priority;

    /// <summary>The limit under which a row stands, also if all else of it cannot be read; null if not even that can.</summary>
    public static string? QueueOf(Row row) => row.Values is [string waitingFor, ..] ? waitingFor : null;

    public static WaiterRow Of(Row row)
    {
        if (row.Values is not [var waitingFor, var urgency, var ready, var text])
        {
            throw RowValues.Unlike(Tables.Waiters, row);
        }

        var limits = ((string)text!).Split(Separator, StringSplitOptions.RemoveEmptyEntries);
        int? own = null;
        var cancels = false;
        NodeRequirements? requires = null;
        if (limits is [.., [Requiring, ..] last])
        {
            requires = JsonSerializer.Deserialize(last, MessagesJson.Default.NodeRequirements);
            limits = limits[..^1];
        }

        if (limits is [var first, ..] && first.LastIndexOf(Sized) is >= 0 and var at)
        {
            cancels = first[^1] == Newest;
            own = int.Parse(first.AsSpan(at + 1).TrimEnd(Newest), System.Globalization.CultureInfo.InvariantCulture);
            limits[0] = first[..at];
        }

        return new(Guid.Parse(row.Key), (string)waitingFor!, (int)-(long)urgency!, RowValues.Time(ready), [.. limits], own, cancels, requires);
    }

    public RowChange Put() => RowChange.Put(
        Tables.Waiters.Name, RowValues.Key(Run), WaitingFor, Urgency, RowValues.Of(Ready),
        string.Join(Separator, Own is { } own && Limits is [var first, ..] ? Limits.SetItem(0, Written(first, own)) : Limits)
            + (Requires is null ? "" : Separator + JsonSerializer.Serialize(Requires, MessagesJson.Default.NodeRequirements)));

    private string Written(string limit, int own) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{limit}{Sized}{own}{(CancelsRunning ? Newest.ToString() : "")}");

    public static RowChange Delete(Guid run) => RowChange.Delete(Tables.Waiters.Name, RowValues.Key(run));
}

/// <summary>A limit that has a size, in <see cref="Tables.Limits"/>.</summary>
/// <param name="Ending">Whether it was deleted, and bounds what still counts against it: its size is written as a negative number then.</param>
internal sealed record LimitRow(string Limit, int Size, bool Ending = false)
{
    public static LimitRow Of(Row row) => row.Values is [var size]
        ? new(row.Key, Math.Abs((int)(long)size!), (long)size! < 0)
        : throw RowValues.Unlike(Tables.Limits, row);

    public RowChange Put() => RowChange.Put(Tables.Limits.Name, Limit, Ending ? -(long)Size : Size);

    public static RowChange Delete(string limit) => RowChange.Delete(Tables.Limits.Name, limit);

    /// <summary>What changes when a limit gets another size; null if it has none any more.</summary>
    public static RowChange Change(string limit, int? size) => size is { } some ? new LimitRow(limit, some).Put() : Delete(limit);
}

/// <summary>
/// A deployment's own rule about ended runs, in <see cref="Tables.Retention"/>: whoever sweeps reads these and no other deployment.
/// </summary>
internal sealed record RetentionRow(string Deployment, TimeSpan? KeepFor, long? KeepRuns)
{
    public static RetentionRow Of(Row row) => row.Values is [var keepFor, var keepRuns]
        ? new(row.Key, keepFor is long ticks ? TimeSpan.FromTicks(ticks) : null, (long?)keepRuns)
        : throw RowValues.Unlike(Tables.Retention, row);

    public RowChange Put() => RowChange.Put(Tables.Retention.Name, Deployment, KeepFor?.Ticks, KeepRuns);

    /// <summary>What changes when a deployment's rule becomes another one; null if it has none.</summary>
    public static RowChange Change(string deployment, RetentionSpec? rule) =>
        rule is null ? RowChange.Delete(Tables.Retention.Name, deployment) : new RetentionRow(deployment, rule.KeepFor, rule.KeepRuns).Put();
}

/// <summary>A deployment, in <see cref="Tables.Deployments"/>.</summary>
internal sealed record DeploymentRow(
    string Name, string? Description, string? Version, bool Paused, DateTimeOffset? NextRun, DateTimeOffset Updated, ImmutableArray<string> Tags)
{
    /// <summary>As it is listed.</summary>
    public DeploymentSummary Summary => new(Name, Description, Version, Tags, Paused, NextRun, Updated);

    public static DeploymentRow Of(Row row) => row.Values is [var description, var version, var paused, var nextRun, var updated, var tags]
        ? new(
            row.Key, (string?)description, (string?)version, (long)paused! != 0, RowValues.OptionalTime(nextRun), RowValues.Time(updated),
            (ImmutableArray<string>)tags!)
        : throw RowValues.Unlike(Tables.Deployments, row);

    public RowChange Put() => RowChange.Put(
        Tables.Deployments.Name, Name, Description, Version, Paused ? 1L : 0L, RowValues.Of(NextRun), RowValues.Of(Updated), Tags);

    public static RowChange Delete(string name) => RowChange.Delete(Tables.Deployments.Name, name);
}

/// <summary>Values as rows have them.</summary>
internal static class RowValues
{
    public static string Key(Guid run) => run.ToString("D");

    public static long Of(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    public static long? Of(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();

    public static DateTimeOffset Time(object? value) => DateTimeOffset.FromUnixTimeMilliseconds((long)value!);

    public static DateTimeOffset? OptionalTime(object? value) => value is null ? null : Time(value);

    public static InvalidOperationException Unlike(TableDefinition table, Row row) =>
        new($"A row of {table.Name} has {row.Values.Length} values and not {table.Columns.Length}: the table was changed, "
            + "and what is read from it was not.");
}
