using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Runner.Messages.Runs;

namespace Runner.Messages.Serialization;

/// <summary>
/// The journal's names for events, and the version of each one's payload. A name never changes. A payload that changes in a way
/// that old text would not load as it was meant gets the next version here and an upgrade in <see cref="Read"/>.
/// </summary>
public static class EventCatalog
{
    private sealed record Entry(string Name, int Version, Type Type, JsonTypeInfo Info);

    private static readonly Entry[] Entries =
    [
        Of("deployment.declared", MessagesJson.Default.DeploymentDeclared),
        Of("deployment.paused", MessagesJson.Default.DeploymentPaused),
        Of("deployment.resumed", MessagesJson.Default.DeploymentResumed),
        Of("deployment.occurrences-emitted", MessagesJson.Default.OccurrencesEmitted),
        Of("deployment.schedule-switched", MessagesJson.Default.ScheduleSwitched),
        Of("deployment.deleted", MessagesJson.Default.DeploymentDeleted),
        Of("deployment.deleted-runs-cancelled", MessagesJson.Default.DeletedRunsCancelled),
        Of("run.scheduled", MessagesJson.Default.RunScheduled),
        Of("run.late", MessagesJson.Default.RunLate),
        Of("run.awaiting-slot", MessagesJson.Default.RunAwaitingSlot),
        Of("run.attempt-starting", MessagesJson.Default.AttemptStarting),
        Of("run.attempt-running", MessagesJson.Default.AttemptRunning),
        Of("run.attempt-stopping", MessagesJson.Default.AttemptStopping),
        Of("run.attempt-retrying", MessagesJson.Default.AttemptRetrying),
        Of("run.finished", MessagesJson.Default.RunFinished),
        Of("limit.set", MessagesJson.Default.LimitSet),
        Of("limit.ending", MessagesJson.Default.LimitEnding),
        Of("limit.deleted", MessagesJson.Default.LimitDeleted),
    ];

    /// <summary>In the journal of any entity, in the place of an event that was skipped.</summary>
    private static readonly Entry Marker = Of("journal.skipped", MessagesJson.Default.SkippedEvent);

    /// <summary>
    /// A property of the program's <c>runtimeconfig.json</c>: names of events, with commas, that it does not know. For tests: so it is a build from
    /// before they were.
    /// </summary>
    private static readonly string[] NotKnown = (AppContext.GetData("Runner.EventsNotKnown") as string ?? "").Split(',');

    private static readonly Entry[] Known = [.. Entries.Append(Marker).Where(e => !NotKnown.Contains(e.Name))];
    private static readonly FrozenDictionary<Type, Entry> ByType = Known.ToFrozenDictionary(e => e.Type);
    private static readonly FrozenDictionary<string, Entry> ByName = Known.ToFrozenDictionary(e => e.Name);

    /// <summary>Every name there is but that of markers, for tests.</summary>
    public static IEnumerable<string> Names => Entries.Select(e => e.Name);

    /// <summary>Every event that this program can read, as <c>name/version</c>, markers among them.</summary>
    public static IEnumerable<string> Kinds => ByName.Values.Select(e => $"{e.Name}/{e.Version}").Order(StringComparer.Ordinal);

    /// <summary>
    /// Those of the kinds that are written only once every node of a cluster knows them; until then whoever would write one does without. What is
    /// added to the catalog is added here, too, unless nothing can be done without it: then the protocol of nodes gets its next number.
    /// </summary>
    public static IEnumerable<string> Newer => [KindOf<RunLate>()];

    /// <summary>An event's name and version, as nodes say which they can read.</summary>
    public static string KindOf<T>() => Entries.Where(e => e.Type == typeof(T)).Select(e => $"{e.Name}/{e.Version}").Single();

    /// <summary>Every type of event there is but that of markers, for tests.</summary>
    public static IEnumerable<Type> Types => Entries.Select(e => e.Type);

    /// <summary>The journal's name for events of a type.</summary>
    public static string NameOf<T>() => ByType[typeof(T)].Name;

    /// <summary>The journal's form of an event.</summary>
    public static (string Name, int Version, byte[] Payload) Write(object @event)
    {
        var entry = ByType[@event.GetType()];
        return (entry.Name, entry.Version, JsonSerializer.SerializeToUtf8Bytes(@event, entry.Info));
    }

    /// <summary>An event back from the journal.</summary>
    /// <exception cref="UnknownEventException">The journal was written by a newer version of this program, or is damaged.</exception>
    public static object Read(string name, int version, ReadOnlySpan<byte> payload)
    {
        if (!ByName.TryGetValue(name, out var entry) || version > entry.Version || version < 1)
        {
            throw new UnknownEventException(name, version, null);
        }

        try
        {
            return JsonSerializer.Deserialize(payload, entry.Info) ?? throw new UnknownEventException(name, version, null);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException or InvalidOperationException or FormatException
            or OverflowException)
        {
            throw new UnknownEventException(name, version, e);
        }
    }

    private static Entry Of<T>(string name, JsonTypeInfo<T> info, int version = 1) => new(name, version, typeof(T), info);
}

/// <summary>An event that this version of the program cannot read.</summary>
public sealed class UnknownEventException(string name, int version, Exception? inner) : Exception(
    $"The journal has an event '{name}' of version {version} that this program does not know or cannot read. "
    + "It was written by a newer version, or is damaged: start the version that wrote it, or restore a backup.", inner);
