using System.Globalization;
using System.Text;
using Runner.Actors;
using Runner.Cli.Terminal;
using Runner.Client;
using Runner.Host.Logs;
using Runner.Messages.Runs;

namespace Runner.Host.Screen;

/// <summary>Writes the lines of a serving node's console. Thread-safe; lines never mix.</summary>
/// <param name="zone">The zone that times are said in.</param>
internal sealed class FeedWriter(TextWriter output, Style style, TimeZoneInfo zone)
{
    private readonly Lock _writing = new();

    /// <summary><c>12:15:37  9c2f01ab  hello/every-10s  Completed</c>.</summary>
    public void State(RunStateChanged changed)
    {
        var state = changed.Change.State;
        var at = TimeZoneInfo.ConvertTime(state.At, zone).ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        var name = style.State(state);
        var attempt = changed.Change.Attempt > 1 && state.Type is StateType.Pending or StateType.Running
            ? string.Create(CultureInfo.InvariantCulture, $" (attempt {changed.Change.Attempt})") : "";
        var message = state.Message is { Length: > 0 } text ? $"  {style.Dim(Printable.Line(text))}" : "";
        Line(
            $"{style.Dim(at)}  {style.OfRun(changed.Run, Words.Short(changed.Run))}  {Printable.Line(changed.Deployment)}  {name}{attempt}{message}");
    }

    /// <summary><c>hello/every-10s 9c2f01ab | text</c>; with <c>!</c> for standard error.</summary>
    public void Output(Guid run, string deployment, in OutputLine line)
    {
        if (line.Problem is { } problem)
        {
            Note($"{deployment} {Words.Short(run)}: its {(line.Stream == LogStream.Stdout ? "output" : "error output")} is left out: {problem}");
            return;
        }

        if (line.Bytes.IsEmpty)
        {
            return;
        }

        var mark = line.Stream == LogStream.Stderr ? style.Red("!") : style.OfRun(run, "|");
        var text = Encoding.UTF8.GetString(line.Bytes).TrimEnd('\n', '\r');
        Line($"{style.OfRun(run, $"{Printable.Line(deployment)} {Words.Short(run)}")} {mark} {style.Contained(text)}");
    }

    public void Note(string text) => Line(style.Yellow(text));

    /// <exception cref="IOException">Nobody reads any more.</exception>
    public void Flush()
    {
        lock (_writing)
        {
            output.Flush();
        }
    }

    private void Line(string text)
    {
        lock (_writing)
        {
            output.Write(text);
            output.Write('\n');
        }
    }
}
