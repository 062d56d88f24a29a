using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Runner.Cli.Terminal;
using Runner.Client;

namespace Runner.Cli;

/// <summary>
/// What commands see of the world: where they write, the variables they read, the clock, and the person's Ctrl-C. Made once by the program
/// (<see cref="System"/>), or by a test. Writing is thread-safe.
/// </summary>
public sealed class CliContext
{
    private readonly Lock _writing = new();
    private readonly Stream _error;

    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="outputIsTerminal">Whether a person may be reading <paramref name="output"/>: colour is for them alone.</param>
    /// <param name="environment">Reads a variable.</param>
    /// <param name="time">What «now» is, and the local time zone.</param>
    public CliContext(
        Stream output, Stream error, bool outputIsTerminal, bool errorIsTerminal, Func<string, string?> environment, TimeProvider time)
    {
        _error = error;
        RawOut = TerminalStream.Over(output, outputIsTerminal);
        RawError = TerminalStream.Over(error, errorIsTerminal);
        Out = new StreamWriter(RawOut, new UTF8Encoding(false), 4096, leaveOpen: true);
        Error = new StreamWriter(RawError, new UTF8Encoding(false), 4096, leaveOpen: true) { AutoFlush = true };
        Variable = environment;
        Time = time;
        Times = new Times(time);
        ErrorIsTerminal = errorIsTerminal;
        Style = Style.For(outputIsTerminal, environment);
        ErrorStyle = Style.For(errorIsTerminal, environment);
    }

    public TextWriter Out { get; }

    public TextWriter Error { get; }

    /// <summary>Reads an environment variable; null if it is not set.</summary>
    public Func<string, string?> Variable { get; }

    public TimeProvider Time { get; }

    /// <summary>Writes instants and durations for people.</summary>
    public Times Times { get; }

    /// <summary>Whether a person may be looking at standard error: progress is for them alone.</summary>
    public bool ErrorIsTerminal { get; }

    /// <summary>Colours for standard output.</summary>
    public Style Style { get; }

    /// <summary>Colours for standard error.</summary>
    public Style ErrorStyle { get; }

    /// <summary>How clients wait and try again.</summary>
    public RunnerClientOptions ClientOptions { get; init; } = new();

    /// <summary>Calls its argument when the person (SIGINT) or the system (SIGTERM) wants the command to end, until disposed of.</summary>
    public Func<Action, IDisposable> OnInterrupt { get; init; } = static _ => new Subscription([]);

    /// <summary>Waits for a line of the person's; null where there is nobody to ask.</summary>
    public Func<string?>? ReadAnswer { get; init; }

    /// <summary>A command was left alone in the middle of what it does: it may hold the outputs.</summary>
    internal bool IsAbandoned { get; private set; }

    internal Stream RawOut { get; }

    internal Stream RawError { get; }

    /// <summary>The real one.</summary>
    public static CliContext System()
    {
#pragma warning disable RS0030 // the one place where the command line takes the real clock; everything else gets it from here
        var time = TimeProvider.System;
#pragma warning restore RS0030
        return new CliContext(
            Console.OpenStandardOutput(),
            Console.OpenStandardError(),
            !Console.IsOutputRedirected,
            !Console.IsErrorRedirected,
            Environment.GetEnvironmentVariable,
            time)
        {
            OnInterrupt = InterruptOnSignals,
            ReadAnswer = Console.IsInputRedirected ? null : Console.ReadLine,
        };
    }

    internal void Abandon() => IsAbandoned = true;

    /// <summary>Whether the person says yes; there has to be one.</summary>
    public async Task<bool> AgreesAsync(string question, CancellationToken cancel)
    {
        WriteError($"{question} [y/N] ");
        var answer = await Task.Run(ReadAnswer!, CancellationToken.None).WaitAsync(cancel).ConfigureAwait(false);
        return answer?.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    /// <summary>Writes a line to standard output at once.</summary>
    public void WriteLine(string line = "") => Write(line + "\n");

    /// <summary>Writes text to standard output at once.</summary>
    public void Write(string text)
    {
        lock (_writing)
        {
            Out.Write(text);
            Out.Flush();
        }
    }

    /// <summary>Writes what a program wrote, byte by byte, to the same of our own two outputs at once.</summary>
    public void Write(LogStream stream, ReadOnlySpan<byte> output)
    {
        lock (_writing)
        {
            var destination = stream == LogStream.Stdout ? RawOut : RawError;
            destination.Write(output);
            destination.Flush();
        }
    }

    /// <summary>Writes a line to standard error.</summary>
    public void WriteErrorLine(string line) => WriteError(line + "\n");

    /// <summary>Writes text to standard error.</summary>
    public void WriteError(string text)
    {
        lock (_writing)
        {
            Error.Write(text);
        }
    }

    /// <summary>Writes over the line that a person at a terminal sees on standard error; without text it is gone.</summary>
    /// <param name="text">The program's own: nothing that others wrote.</param>
    internal void WriteOver(string text)
    {
        lock (_writing)
        {
            _error.Write(Encoding.UTF8.GetBytes($"\r{text}\u001b[K"));
            _error.Flush();
        }
    }

    /// <summary>Writes a value as one line of JSON to standard output.</summary>
    public void WriteJson<T>(T value, JsonTypeInfo<T> type) => WriteLine(JsonSerializer.Serialize(value, type));

    private static Subscription InterruptOnSignals(Action action)
    {
        var asked = false;
        void Handle(PosixSignalContext signal)
        {
            // The second time the system's own way is let happen: the process ends at once.
            signal.Cancel = !asked;
            if (!asked)
            {
                asked = true;
                action();
            }
        }

        return new Subscription(
            [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)]);
    }

    private sealed class Subscription(PosixSignalRegistration[] registrations) : IDisposable
    {
        public void Dispose()
        {
            foreach (var registration in registrations)
            {
                registration.Dispose();
            }
        }
    }
}
