using System.Runtime.InteropServices;
using System.Text;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>
/// The native memory one spawn needs: attributes, file actions, argv and envp. Used again and again by one thread at a time.
/// </summary>
internal sealed unsafe class SpawnBlocks : IDisposable
{
    private const int FirstCapacity = 16 * 1024;
    private const int HighestSignal = 31;

    private readonly List<nint> _arguments = [];
    private readonly List<nint> _variables = [];
    private byte* _text;
    private nint _capacity;
    private nint _used;
    private byte** _pointers;
    private int _pointerCapacity;

    public SpawnBlocks()
    {
        Attributes = (byte*)NativeMemory.AllocZeroed(SpawnAttributesSize);
        Actions = (byte*)NativeMemory.AllocZeroed(FileActionsSize);
        _text = (byte*)NativeMemory.Alloc(FirstCapacity);
        _capacity = FirstCapacity;

        var signals = stackalloc byte[SignalSetSize];
        _ = SpawnAttributesInit(Attributes);
        _ = SpawnAttributesSetFlags(Attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        _ = SignalSetEmpty(signals);
        _ = SpawnAttributesSetSignalMask(Attributes, signals);
        for (var signal = 1; signal <= HighestSignal; signal++)
        {
            if (signal is not (SIGKILL or SIGSTOP))
            {
                _ = SignalSetAdd(signals, signal);
            }
        }

        // .NET ignores SIGPIPE; nohup and shells leave others ignored. A program starts with none of that.
        _ = SpawnAttributesSetSignalDefault(Attributes, signals);
    }

    public byte* Attributes { get; }

    public byte* Actions { get; }

    public void Clear()
    {
        // It may have had values in it that are kept nowhere.
        NativeMemory.Clear(_text, (nuint)_used);
        _used = 0;
        _arguments.Clear();
        _variables.Clear();
    }

    public void AddArgument(string value)
    {
        _arguments.Add(_used);
        Append(value);
        AppendByte(0);
    }

    public void AddVariable(string name, string value)
    {
        _variables.Add(_used);
        Append(name);
        AppendByte((byte)'=');
        Append(value);
        AppendByte(0);
    }

    /// <summary>Lays out argv and envp: this block's own variables, then the inherited ones.</summary>
    /// <param name="isGiven">Whether the inherited one of that name is.</param>
    public (nint Argv, nint Envp) Lay(InheritedEnvironment inherited, Func<string, bool> isGiven)
    {
        var needed = _arguments.Count + _variables.Count + inherited.Count + 2;
        if (needed > _pointerCapacity)
        {
            NativeMemory.Free(_pointers);
            _pointers = (byte**)NativeMemory.Alloc((nuint)needed, (nuint)sizeof(byte*));
            _pointerCapacity = needed;
        }

        var next = _pointers;
        foreach (var offset in _arguments)
        {
            *next++ = _text + offset;
        }

        *next++ = null;
        var envp = next;
        foreach (var offset in _variables)
        {
            *next++ = _text + offset;
        }

        inherited.CopyTo(ref next, isGiven);
        *next = null;
        return ((nint)_pointers, (nint)envp);
    }

    public void Dispose()
    {
        _ = SpawnAttributesDestroy(Attributes);
        NativeMemory.Free(Attributes);
        NativeMemory.Free(Actions);
        NativeMemory.Clear(_text, (nuint)_used);
        NativeMemory.Free(_text);
        NativeMemory.Free(_pointers);
    }

    private void Append(string value)
    {
        Reserve(Encoding.UTF8.GetMaxByteCount(value.Length));
        _used += Encoding.UTF8.GetBytes(value, new Span<byte>(_text + _used, (int)(_capacity - _used)));
    }

    private void AppendByte(byte value)
    {
        Reserve(1);
        _text[_used++] = value;
    }

    private void Reserve(int length)
    {
        if (_capacity - _used < length)
        {
            _capacity = Math.Max(2 * _capacity, _used + length);
            _text = (byte*)NativeMemory.Realloc(_text, (nuint)_capacity);
        }
    }
}

/// <summary>
/// The environment this program was started with, as native strings laid out once: all but what is the node's own.
/// </summary>
internal sealed unsafe class InheritedEnvironment
{
    private readonly List<(string Name, nint Entry)> _entries = [];

    /// <param name="variables">The strings live as long as the program: there is one environment.</param>
    public InheritedEnvironment(IEnumerable<KeyValuePair<string, string>> variables)
    {
        foreach (var (name, value) in variables)
        {
            if (!ProgramEnvironment.IsNodesOwn(name))
            {
                _entries.Add((name, Marshal.StringToCoTaskMemUTF8($"{name}={value}")));
                Path = name == "PATH" ? value : Path;
            }
        }
    }

    /// <summary>No variable.</summary>
    public static InheritedEnvironment Nothing { get; } = new([]);

    public static InheritedEnvironment OfThisProcess { get; } = new(
        from System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables()
        select KeyValuePair.Create((string)variable.Key, (string?)variable.Value ?? string.Empty));

    public int Count => _entries.Count;

    public string? Path { get; }

    public void CopyTo(ref byte** next, Func<string, bool> isGiven)
    {
        foreach (var (name, entry) in _entries)
        {
            if (isGiven(name))
            {
                *next++ = (byte*)entry;
            }
        }
    }
}
