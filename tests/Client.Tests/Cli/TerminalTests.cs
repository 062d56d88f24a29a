using System.Text;
using Runner.Cli.Terminal;

namespace Runner.Client.Tests.Cli;

public class TerminalTests
{
    private const string Run = "0192f0c1-0000-7000-8000-000000000001";

    [Theory]
    [InlineData("plain text,\ttabs\nand lines\r\n", "plain text,\ttabs\nand lines\r\n")]
    [InlineData("Größe 日本 🙂\n", "Größe 日本 🙂\n")]
    [InlineData(
        "\u001b[31mred\u001b[0m \u001b[m \u001b[38;5;196m \u001b[38:2::1:2:3m",
        "\u001b[31mred\u001b[0m \u001b[m \u001b[38;5;196m \u001b[38:2::1:2:3m")]
    [InlineData("\u001b[2J\u001b[H", "\\x1b[2J\\x1b[H")]
    [InlineData("\u001b]0;title\a\u001bc", "\\x1b]0;title\\x07\\x1bc")]
    [InlineData("real\rforged\b\b\u007f\0.", "real\\x0dforged\\x08\\x08\\x7f\\x00.")]
    [InlineData("\u001b[?25m\u001b[1 m\u001b[>4;1m.", "\\x1b[?25m\\x1b[1 m\\x1b[>4;1m.")]
    [InlineData("\u009b2J \u202eevil\u2066", "\\xc2\\x9b2J \\xe2\\x80\\xaeevil\\xe2\\x81\\xa6")]
    [InlineData("\u001b\u001b[31m\u001b.", "\\x1b\u001b[31m\\x1b.")]
    public void B85_what_others_wrote_is_shown_on_a_terminal_and_not_obeyed(string written, string shown)
    {
        var bytes = Encoding.UTF8.GetBytes(written);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            Assert.Equal(shown, Shown(bytes[..cut], bytes[cut..]));
        }

        Assert.Equal(shown, Shown([.. bytes.Select(b => (byte[])[b])]));
    }

    [Fact]
    public void B85_bytes_that_are_no_text_are_shown_and_a_colour_without_end_is_not_waited_for()
    {
        Assert.Equal("\\x9b2J\\xff.", Shown([0x9b, (byte)'2', (byte)'J', 0xff, (byte)'.']));
        var endless = "\u001b[" + new string('1', 100);
        Assert.Equal("\\x1b[" + new string('1', 100), Shown(Encoding.UTF8.GetBytes(endless)));
    }

    [Theory]
    [InlineData("run", "logs", Run, "--follow")]
    [InlineData("run", "logs", Run, "--stream", "stdout", "--attempt", "1")]
    public async Task B85_a_programs_output_is_shown_on_a_terminal_and_kept_as_it_is_elsewhere(params string[] command)
    {
        const string Output = "\u001b[2J\u001b[1mbold\u001b[0m\rforged\n";
        await using var node = await FakeNode.StartAsync((_, http) =>
        {
            var follow = http.Request.Query.ContainsKey("follow");
            http.Response.ContentType = follow ? "text/event-stream" : "text/plain";
            var text = System.Text.Json.JsonSerializer.Serialize(new LogLine(1, LogStream.Stdout, "1:1:0", Output), ClientJson.Default.LogLine);
            return Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(
                http.Response, follow ? $"event: log\nid: 1:1:0\ndata: {text}\n\nevent: end\ndata: {{}}\n\n" : Output);
        });

        Assert.Equal((0, Output), (await CliRun.OfAsync(node, command)) is var piped ? (piped.Code, piped.Out) : default);
        Assert.Equal("\\x1b[2J\u001b[1mbold\u001b[0m\\x0dforged\n", (await CliRun.OfAsync(node, command, terminal: true)).Out);
    }

    [Fact]
    public async Task B85_a_refusal_and_a_name_cannot_rule_a_terminal()
    {
        await using var node = await FakeNode.AnsweringAsync(404, """{"code":"x","detail":"No \u001b]0;x\u0007 \u202ethere."}""");
        var run = await CliRun.OfAsync(node, ["deployment", "show", "a/b"], terminal: true);

        Assert.DoesNotContain("\u001b]", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202e', run.Error);
    }

    private static string Shown(params byte[][] pieces)
    {
        using var terminal = new MemoryStream();
        using var stream = new TerminalStream(terminal);
        foreach (var piece in pieces)
        {
            stream.Write(piece);
        }

        return Encoding.UTF8.GetString(terminal.ToArray());
    }
}
