using Runner.Messages;

namespace Runner.Host.Http;

/// <summary>Guesses what was meant, for messages.</summary>
internal static class Hint
{
    /// <summary>« Did you mean 'x'?», or nothing if no name is near.</summary>
    public static string Of(string written, IEnumerable<string> known) => Nearest.To(written, known) is { } near ? $" Did you mean '{near}'?" : "";
}
