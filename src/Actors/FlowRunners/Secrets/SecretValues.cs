using System.Collections.Immutable;
using System.Text;

namespace Runner.Actors.FlowRunners.Secrets;

/// <summary>Values that were read for one start of a program. They are nowhere else, and nothing that is logged or told has them.</summary>
internal sealed class SecretValues(ImmutableArray<KeyValuePair<string, string>> all)
{
    /// <summary>Of one, in bytes; the system takes 128 KiB of a variable.</summary>
    public const int LargestValue = 64 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>None.</summary>
    public static SecretValues None { get; } = new([]);

    /// <summary>By the names of the variables they are for.</summary>
    public ImmutableArray<KeyValuePair<string, string>> All => all;

    /// <summary>Those that are too short to be masked.</summary>
    public IEnumerable<string> NotMasked => all.Where(v => Encoding.UTF8.GetByteCount(v.Value) < SecretMask.ShortestValue).Select(v => v.Key);

    /// <summary>Writes down what is to be masked in the attempt's output, before there is any.</summary>
    /// <exception cref="Linux.StartFailure">It cannot be: then no program is started.</exception>
    public void WriteMask(RunFiles files, AttemptKey key)
    {
        if (all.IsEmpty)
        {
            return;
        }

        try
        {
            files.EnsureDirectory(key);
            SecretMask.Write(files, key, all.Select(v => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(v.Value)));
        }
        catch (SecretFailure e)
        {
            throw new Linux.StartFailure(StartFailureKind.SecretNotAvailable, char.ToUpperInvariant(e.Message[0]) + e.Message[1..]);
        }
    }

    /// <summary>Reads every value.</summary>
    /// <param name="run">Runs a program for its standard output.</param>
    /// <exception cref="Linux.StartFailure">One cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was called off.</exception>
    public static SecretValues Read(
        ImmutableArray<SecretVariable> variables, Func<ImmutableArray<string>, CancellationToken, byte[]> run, CancellationToken cancel)
    {
        var values = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>(variables.Length);
        foreach (var (name, source) in variables)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                values.Add(new(name, Read(source, run, cancel)));
            }
            catch (SecretFailure e)
            {
                throw new Linux.StartFailure(
                    StartFailureKind.SecretNotAvailable, $"The value of {name} cannot be read from {Named(source)}: {e.Message}");
            }
        }

        return new SecretValues(values.DrainToImmutable());
    }

    private static string Read(SecretSource source, Func<ImmutableArray<string>, CancellationToken, byte[]> run, CancellationToken cancel)
    {
        var value = source switch
        {
            SecretSource.Variable(var variable) => Environment.GetEnvironmentVariable(variable)
                ?? throw new SecretFailure("the node was started without it. Set it where the node is started, and start the node again."),
            SecretSource.File(var path) => Text(SecretFile.Read(path)),
            SecretSource.Command(var arguments) => Text(run(arguments, cancel)),
            _ => throw new ArgumentOutOfRangeException(nameof(source), source, "not a source"),
        };
        return value.Contains('\0') ? throw new SecretFailure(
            "the value holds the character NUL, which no variable can have. Hand it over encoded (base64), or in a file.")
            : Encoding.UTF8.GetByteCount(value) > LargestValue ? throw new SecretFailure(TooLarge)
            : value;
    }

    /// <summary>What is wrong with a value of more than <see cref="LargestValue"/>.</summary>
    public static string TooLarge { get; } = $"the value is larger than {LargestValue} bytes. Hand the program the path of a file instead.";

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes.EndsWith("\n"u8) ? bytes[..^1] : bytes);
        }
        catch (ArgumentException)
        {
            throw new SecretFailure("the value is no text in UTF-8. Hand it over encoded (base64), or in a file.");
        }
    }

    private static string Named(SecretSource source) => source switch
    {
        SecretSource.Variable(var name) => $"the node's variable '{name}' (from_env)",
        SecretSource.File(var path) => $"the file '{path}' (from_file)",
        SecretSource.Command(var arguments) => $"the command {Short(string.Join(' ', arguments.Select(a => $"'{a}'")))} (from_command)",
        _ => "its source",
    };

    private static string Short(string text) => text.Length > 200 ? text[..200] + "…" : text;
}
