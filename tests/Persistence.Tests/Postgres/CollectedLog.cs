using System.Collections.Concurrent;
using Serilog.Core;
using Serilog.Events;

namespace Runner.Persistence.Tests.Postgres;

/// <summary>What was logged, in order.</summary>
internal sealed class CollectedLog : ILogEventSink
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public Serilog.ILogger Logger => new Serilog.LoggerConfiguration().WriteTo.Sink(this).CreateLogger();

    public void Emit(LogEvent logEvent) => Lines.Enqueue(logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture));
}
