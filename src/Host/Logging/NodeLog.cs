using System.Globalization;
using Runner.Host.Configuration;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;
using Serilog.Sinks.SystemConsole.Themes;

namespace Runner.Host.Logging;

/// <summary>
/// The node's own log, on standard error: for people, or a JSON object a line for machines; in a file too if wanted. Nothing that is logged
/// may hold a token or a parameter's value.
/// </summary>
internal static class NodeLog
{
    private const string Template = "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{About}{NewLine}{Exception}";
    private const string FileTemplate = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff zzz} {Level:u3} {Message:lj}{About}{NewLine}{Exception}";
    private const long LargestFile = 64 * 1024 * 1024;
    private const int MostFiles = 10;

    /// <param name="colour">Whether standard error is a terminal that wants colour.</param>
    /// <exception cref="NodeStartException">The log file cannot be written.</exception>
    public static Logger Create(NodeOptions options, bool colour)
    {
        var level = options.LogLevel;
        var log = new LoggerConfiguration()
            .MinimumLevel.Is(level)
            .MinimumLevel.Override("Microsoft", level < LogEventLevel.Warning ? LogEventLevel.Warning : level)
            .Enrich.With<RunSuffix>();
        var lines = options.LogFormat == LogFormat.Json ? JsonLines.Create() : null;
        if (lines is not null)
        {
            log.WriteTo.Console(lines, standardErrorFromLevel: LogEventLevel.Verbose);
        }
        else
        {
            log.WriteTo.Console(
                outputTemplate: Template,
                formatProvider: CultureInfo.InvariantCulture,
                standardErrorFromLevel: LogEventLevel.Verbose,
                theme: colour ? AnsiConsoleTheme.Code : ConsoleTheme.None);
        }

        if (options.LogFile is { } file)
        {
            AddFile(log, file, lines ?? new MessageTemplateTextFormatter(FileTemplate, CultureInfo.InvariantCulture));
        }

        return log.CreateLogger();
    }

    private static void AddFile(LoggerConfiguration log, string file, ITextFormatter formatter)
    {
        try
        {
            // Looked at here: the sink itself would say nothing, and write nothing.
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            using (File.Open(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
            {
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException($"The log file {file} cannot be written ({e.Message.TrimEnd('.')}). Name another as log-file.");
        }

        log.WriteTo.File(formatter, file, fileSizeLimitBytes: LargestFile, rollOnFileSizeLimit: true, retainedFileCountLimit: MostFiles);
    }
}
