using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Runner.Actors.FlowRunners;

/// <summary>Judges what a program left in its result file.</summary>
internal static class ResultFile
{
    public const int MaximumBytes = 1024 * 1024;

    /// <summary>So deep that the journal's event and the API's answer around it are within what JSON readers take, 64.</summary>
    private const int MaximumDepth = 60;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static string TooLarge { get; } =
        $"The result file is larger than {MaximumBytes} bytes and was not kept; write large results elsewhere and leave their address here.";

    /// <summary>The JSON text or why it is none; both null for an empty file.</summary>
    public static (string? Result, string? Problem) Judge(ReadOnlySpan<byte> content)
    {
        content = content.StartsWith(Encoding.UTF8.Preamble) ? content[Encoding.UTF8.Preamble.Length..] : content;
        if (content.IsEmpty)
        {
            return (null, null);
        }

        if (content.Length > MaximumBytes)
        {
            return (null, TooLarge);
        }

        try
        {
            var reader = new Utf8JsonReader(content, new JsonReaderOptions { MaxDepth = MaximumDepth });
            while (reader.Read())
            {
                if (reader.ValueIsEscaped)
                {
                    // Half a surrogate pair is JSON to the reader, but no text that could be written again.
                    reader.GetString();
                }
            }

            return (StrictUtf8.GetString(content), null);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            return (null, $"The result file is not one JSON value and was not kept: {e.Message}");
        }
    }

    /// <summary>Reads a file that only this program's own user can have put there.</summary>
    public static (string? Result, string? Problem) ReadPlain(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            var buffer = ArrayPool<byte>.Shared.Rent(MaximumBytes + 1);
            try
            {
                return Judge(buffer.AsSpan(0, file.ReadAtLeast(buffer.AsSpan(0, MaximumBytes + 1), MaximumBytes + 1, throwOnEndOfStream: false)));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return (null, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"The result file cannot be read: {e.Message}");
        }
    }
}
