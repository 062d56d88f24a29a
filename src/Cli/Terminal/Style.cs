using Runner.Messages.Runs;

namespace Runner.Cli.Terminal;

/// <summary>Colours where a person reads, nothing elsewhere.</summary>
public sealed class Style(bool coloured, bool isTerminal = false)
{
    private const string Reset = "\u001b[0m";

    private static readonly string[] RunColours = ["36", "35", "34", "33", "32"];

    public bool Coloured => coloured;

    /// <summary>Whether text for a stream may be coloured: it is a terminal, and neither NO_COLOR nor a dumb terminal says no.</summary>
    public static Style For(bool isTerminal, Func<string, string?> variable) =>
        new(isTerminal && string.IsNullOrEmpty(variable("NO_COLOR")) && variable("TERM") != "dumb", isTerminal);

    /// <summary>
    /// What ends the colours that others have begun, where it is a terminal: what follows must not be hidden by them, nor look like theirs.
    /// </summary>
    public string Plain => isTerminal ? Reset : "";

    /// <summary>Text of others, whose colours end with it where it is a terminal.</summary>
    public string Contained(string text) => isTerminal && text.Contains('\u001b', StringComparison.Ordinal) ? text + Reset : text;

    public string Bold(string text) => Paint("1", text);

    public string Dim(string text) => Paint("2", text);

    public string Red(string text) => Paint("31", text);

    public string Green(string text) => Paint("32", text);

    public string Yellow(string text) => Paint("33", text);

    public string Blue(string text) => Paint("34", text);

    public string Magenta(string text) => Paint("35", text);

    public string Cyan(string text) => Paint("36", text);

    /// <summary>A state's name in its colour.</summary>
    public string State(RunState state) => state.Type switch
    {
        StateType.Completed => Green(state.Name),
        StateType.Failed => Red(state.Name),
        StateType.Crashed => Magenta(state.Name),
        StateType.Cancelled or StateType.Cancelling or StateType.Paused => Yellow(state.Name),
        StateType.Running or StateType.Pending => Cyan(state.Name),
        StateType.Scheduled => state.Name == StateNames.Late ? Yellow(state.Name) : Blue(state.Name),
    };

    /// <summary>The same colour for everything that one run says.</summary>
    public string OfRun(Guid run, string text)
    {
        Span<byte> bytes = stackalloc byte[16];
        run.TryWriteBytes(bytes);
        // The last bytes of an id are its random ones, whichever version it is.
        return Paint(RunColours[BitConverter.ToUInt32(bytes[12..]) % (uint)RunColours.Length], text);
    }

    private string Paint(string code, string text) => coloured && text.Length > 0 ? $"\u001b[{code}m{text}{Reset}" : text;
}
