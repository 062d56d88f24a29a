using System.Text;
using Runner.Host.Logs;

namespace Runner.Host.Tests.Logs;

public sealed class LineReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runner-lines-").FullName;

    private string File => Path.Combine(_folder, "out");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_that_is_not_there_yet_is_read_once_it_is()
    {
        using var reader = new LineReader(File, 0);
        Assert.False(reader.TryRead(isFinal: false, out _));

        System.IO.File.WriteAllText(File, "a\nb");

        Assert.Equal(["a\n"], All(reader, isFinal: false));
        Assert.Equal(["b"], All(reader, isFinal: true));
        Assert.Equal(3, reader.Offset);
    }

    [Fact]
    public void Empty_lines_and_carriage_returns_are_kept()
    {
        System.IO.File.WriteAllText(File, "\n\r\n\nx\r\n");
        using var reader = new LineReader(File, 0);

        Assert.Equal(["\n", "\r\n", "\n", "x\r\n"], All(reader, isFinal: true));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("é")]
    [InlineData("€")]
    [InlineData("😀")]
    public void A_long_line_is_cut_between_characters_and_nothing_is_lost(string character)
    {
        var line = "." + string.Concat(Enumerable.Repeat(character, 200_000)) + "\nnext\n";
        System.IO.File.WriteAllText(File, line);
        using var reader = new LineReader(File, 0);

        var pieces = All(reader, isFinal: false);

        Assert.Equal(line, string.Concat(pieces));
        Assert.Equal("next\n", pieces[^1]);
        Assert.All(pieces, p => Assert.DoesNotContain('\uFFFD', p));
        Assert.All(pieces, p => Assert.InRange(Encoding.UTF8.GetByteCount(p), 1, LineReader.MaxPiece));
    }

    [Fact]
    public void What_is_no_text_at_all_comes_through_whole()
    {
        var bytes = Enumerable.Repeat((byte)0x80, 300_000).ToArray();
        System.IO.File.WriteAllBytes(File, bytes);
        using var reader = new LineReader(File, 0);

        var total = 0;
        while (reader.TryRead(isFinal: true, out var piece))
        {
            total += piece.Length;
        }

        Assert.Equal(bytes.Length, total);
    }

    [Fact]
    public void A_gigabyte_is_read_in_constant_memory()
    {
        const long size = 1L << 30;
        using (var sparse = System.IO.File.Create(File))
        {
            sparse.SetLength(size);
        }

        using var reader = new LineReader(File, 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var total = 0L;
        while (reader.TryRead(isFinal: true, out var piece))
        {
            total += piece.Length;
        }

        Assert.Equal(size, total);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static List<string> All(LineReader reader, bool isFinal)
    {
        var lines = new List<string>();
        while (reader.TryRead(isFinal, out var line))
        {
            lines.Add(Encoding.UTF8.GetString(line));
        }

        return lines;
    }
}
