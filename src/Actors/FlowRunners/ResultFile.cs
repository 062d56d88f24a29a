using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Runner.Actors.FlowRunners.Secrets;

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

    /// <summary>What the program of an attempt left there; the attempt's secret values, which are not to be kept, are masked in it.</summary>
    public static (string? Result, string? Problem) Read(RunFiles files, ProcessSpec spec)
    {
        var (result, problem) = spec.User is not null && files.OfUsers?.ResultOf(spec.Key) is { } own ? Read(own.Path, own.Owner)
            : Read(files.Result(spec.Key));
        if (spec.Secrets.IsEmpty || (result is null && problem is null))
        {
            return (result, problem);
        }

        try
        {
            // What is wrong with a text may be said with a part of it.
            return SecretMask.Of(files, spec.Key) is { } mask
                ? (result is null ? null : MaskedJson.Of(result, mask), problem is null ? null : mask.Of(problem)) : (result, problem);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"The result was not kept, because the secret values in it cannot be masked: {e.Message}");
        }
    }

    /// <summary>What a program left there.</summary>
    /// <param name="owner">Whose it has to be: a program that runs as another user must not have the node read what that user may not. Null for
    /// anybody.</param>
    public static (string? Result, string? Problem) Read(string path, uint? owner = null)
    {
        try
        {
            using var file = ProgramFile.Open(path, owner: owner);
            return file is null ? (null, null) : ReadOpened(file);
        }
        catch (ReplacedFileException e)
        {
            return (null, e.Kind switch
            {
                FileKind.Link => "The result file is a symbolic link and was not kept; write the file itself.",
                null => $"The result file was not kept: {e.Message}",
                FileKind.Folder or FileKind.Special or FileKind.Regular => "The result file is not a regular file and was not kept.",
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"The result file cannot be read: {e.Message}");
        }
    }

    private static (string? Result, string? Problem) ReadOpened(SafeFileHandle file)
    {
        var size = RandomAccess.GetLength(file);
        if (size > MaximumBytes)
        {
            return (null, TooLarge);
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)size + 1);
        try
        {
            int length = 0, count;
            while (length < buffer.Length && (count = RandomAccess.Read(file, buffer.AsSpan(length), length)) > 0)
            {
                length += count;
            }

            return Judge(buffer.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
