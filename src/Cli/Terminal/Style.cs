using Runner.Messages.Runs;

namespace Runner.Cli.Terminal;

/// <summary>Colours where a person reads, nothing elsewhere.</summary>
public sealed class Style(bool coloured)
{
    public bool Coloured => coloured;

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
        _ => state.Name == StateNames.Late ? Yellow(state.Name) : Blue(state.Name),
    };

    private string Paint(string code, string text) => coloured && text.Length > 0 ? $"\u001b[{code}m{text}\u001b[0m" : text;
}
