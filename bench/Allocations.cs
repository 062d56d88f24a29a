using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Globalization;

namespace Runner.Bench;

/// <summary>
/// What this process allocates, by type, as the runtime samples it about every 100 KB: says where a figure goes, and costs it something.
/// </summary>
internal sealed class Allocations : EventListener
{
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";
    private const EventKeywords Collector = (EventKeywords)0x1;
    private const int Shown = 25;

    private readonly ConcurrentDictionary<string, long> _bytes = new();

    public void Print(TextWriter to)
    {
        var total = (double)_bytes.Values.Sum();
        foreach (var (type, bytes) in _bytes.OrderByDescending(b => b.Value).Take(Shown))
        {
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {bytes / total,6:0.0%} {type}"));
        }

        _bytes.Clear();
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Runtime)
        {
            EnableEvents(eventSource, EventLevel.Verbose, Collector);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName is { } name && name.StartsWith("GCAllocationTick", StringComparison.Ordinal) && _bytes is { } bytes
            && eventData.PayloadNames!.IndexOf("TypeName") is var type and >= 0
            && eventData.PayloadNames.IndexOf("AllocationAmount64") is var amount and >= 0)
        {
            bytes.AddOrUpdate(
                (string)eventData.Payload![type]!, static (_, by) => by, static (_, before, by) => before + by,
                (long)(ulong)eventData.Payload[amount]!);
        }
    }
}
