using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace Runner.Client;

/// <summary>One of a program's outputs.</summary>
public enum LogStream
{
    [JsonStringEnumMemberName("stdout")]
    Stdout,

    [JsonStringEnumMemberName("stderr")]
    Stderr,
}

/// <summary>A piece of a program's output.</summary>
/// <param name="Attempt">From 1.</param>
/// <param name="Position">Resumes after this piece: see <see cref="LogPosition"/>.</param>
/// <param name="Text">With its line feed; without one it is a line's part, or the last of a stream. Several lines where they were asked for
/// together.</param>
public sealed record LogLine(int Attempt, LogStream Stream, string Position, string Text)
{
    /// <summary>
    /// The bytes themselves, in base64, where they are no UTF-8 and <see cref="Text"/> therefore has U+FFFD in places; null where the text is exact.
    /// </summary>
    public string? Base64 { get; init; }

    /// <summary>By when it had come; null where it was not asked for, or is not known.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Why nothing more comes of this stream, in a sentence: a program has replaced its file. Then <see cref="Text"/> is empty.</summary>
    public string? Problem { get; init; }

    /// <summary>The piece of output these bytes are.</summary>
    public static LogLine Of(int attempt, LogStream stream, string position, ReadOnlySpan<byte> bytes) => new(
        attempt, stream, position, Encoding.UTF8.GetString(bytes))
    {
        Base64 = Utf8.IsValid(bytes) ? null : Convert.ToBase64String(bytes),
    };

    /// <summary>The bytes as the program wrote them.</summary>
    /// <exception cref="FormatException"><see cref="Base64"/> is none.</exception>
    public byte[] ToBytes() => Base64 is { } exact ? Convert.FromBase64String(exact) : Encoding.UTF8.GetBytes(Text);
}

/// <summary>A place in a run's output, written <c>ATTEMPT:STDOUT-OFFSET:STDERR-OFFSET</c>: everything before it has been delivered.</summary>
/// <param name="Attempt">From 1.</param>
/// <param name="Stdout">In bytes.</param>
/// <param name="Stderr">In bytes.</param>
public readonly record struct LogPosition(int Attempt, long Stdout, long Stderr)
{
    /// <summary>Reads a position; false for anything else.</summary>
    public static bool TryParse(string? text, out LogPosition position)
    {
        position = default;
        var parts = (text ?? "").Split(':');
        if (parts.Length != 3
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var stdout)
            || !long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var stderr))
        {
            return false;
        }

        position = new LogPosition(attempt, stdout, stderr);
        return true;
    }

    /// <summary>The offset into one of the streams.</summary>
    public long OffsetOf(LogStream stream) => stream == LogStream.Stdout ? Stdout : Stderr;

    /// <summary>Whether nothing of <paramref name="other"/> lies behind this: what stands there has been delivered already.</summary>
    public bool Covers(LogPosition other) =>
        Attempt > other.Attempt || (Attempt == other.Attempt && Stdout >= other.Stdout && Stderr >= other.Stderr);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Attempt}:{Stdout}:{Stderr}");
}
