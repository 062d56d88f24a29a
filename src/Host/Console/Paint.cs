namespace Runner.Host.Console;

/// <summary>A colour of a terminal, as its SGR number.</summary>
internal enum Colour
{
    Red = 31,
    Green = 32,
    Yellow = 33,
    Blue = 34,
    Magenta = 35,
    Cyan = 36,
    Grey = 90,
}

/// <summary>Colours text, on a terminal that wants it; elsewhere text stays as it is.</summary>
internal sealed class Paint(bool enabled)
{
    private static readonly Colour[] RunColours = [Colour.Cyan, Colour.Magenta, Colour.Blue, Colour.Yellow, Colour.Green];

    public bool IsEnabled => enabled;

    /// <summary>Whether text for a stream may be coloured: it is a terminal, and neither NO_COLOR nor a dumb terminal says no.</summary>
    public static Paint For(bool isTerminal, Func<string, string?> variable) =>
        new(isTerminal && string.IsNullOrEmpty(variable("NO_COLOR")) && variable("TERM") != "dumb");

    public string In(Colour colour, string text) => enabled ? $"\e[{(int)colour}m{text}\e[0m" : text;

    public string Bold(string text) => enabled ? $"\e[1m{text}\e[0m" : text;

    /// <summary>The same colour for everything that one run says.</summary>
    public string OfRun(Guid run, string text) => In(RunColours[(int)(StableHash(run) % (uint)RunColours.Length)], text);

    private static uint StableHash(Guid run)
    {
        Span<byte> bytes = stackalloc byte[16];
        run.TryWriteBytes(bytes);
        // The last bytes of an id are its random ones, whichever version it is.
        return BitConverter.ToUInt32(bytes[12..]);
    }
}
