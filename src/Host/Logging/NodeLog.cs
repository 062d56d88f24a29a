using System.Globalization;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Sinks.SystemConsole.Themes;

namespace Runner.Host.Logging;

/// <summary>The node's own log: for people, on standard error. Nothing that is logged may hold a token or a parameter's value.</summary>
internal static class NodeLog
{
    private const string Template = "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}";

    /// <param name="colour">Whether standard error is a terminal that wants colour.</param>
    public static Logger Create(LogEventLevel level, bool colour) => new LoggerConfiguration()
        .MinimumLevel.Is(level)
        .MinimumLevel.Override("Microsoft", level < LogEventLevel.Warning ? LogEventLevel.Warning : level)
        .WriteTo.Console(
            outputTemplate: Template,
            formatProvider: CultureInfo.InvariantCulture,
            standardErrorFromLevel: LogEventLevel.Verbose,
            theme: colour ? AnsiConsoleTheme.Code : ConsoleTheme.None)
        .CreateLogger();
}
