namespace Runner.Actors.Processes.Shell;

/// <content>Here-documents: their marks, and what stands between.</content>
internal sealed partial class ShellReader
{
    /// <summary>The end mark of a here-document, whose text begins at the next line.</summary>
    // In one piece: the parts of an end mark are read one after the other: dash, blanks, quote, word, quote.
    private void Mark(Frame frame)
    {
        Copy(2);
        var tabs = _at < _end && _text[_at] == '-';
        Copy(tabs ? 1 : 0);
        while (_at < _end && _text[_at] is ' ' or '\t')
        {
            Copy(1);
        }

        var from = _at;
        if (TemplateAt(_at) is { IsMeant: true } template)
        {
            Refuse(template, "cannot be the end mark of a here-document, in which nothing is replaced");
            return;
        }

        char? quote = _at < _end && _text[_at] is '\'' or '"' or '\\' ? _text[_at] : null;
        Copy(quote is null ? 0 : 1);
        var start = _at;
        while (_at < _end && ShellWords.Plain.Contains(_text[_at]))
        {
            Copy(1);
        }

        var mark = _text[start.._at];
        if (quote is '\'' or '"' && _at < _end && _text[_at] == quote)
        {
            Copy(1);
            quote = ' ';
        }

        if (mark.Length == 0 || quote is '\'' or '"' || (_at < _end && !" \t\r\n;&|()<>".Contains(_text[_at], StringComparison.Ordinal)))
        {
            Problem(from, "the end mark of a here-document is not a word of letters, digits, '_', '-' and '.', as a whole in quotes or not at all; "
                + "write one such as EOF");
            return;
        }

        frame.Documents.Enqueue(
            new HereDocument(mark, tabs, quote is not null, from, frame.Reads is { } reads && frame.Before is "." or "source" ? reads : null));
        _waiting++;
    }

    // In one piece: each document is found, looked at and taken before the next one begins.
    private void Documents(Frame frame)
    {
        while (frame.Documents.TryDequeue(out var document))
        {
            var end = _at;
            var next = _at;
            var isClosed = false;
            while (next < _end)
            {
                var line = _text.AsSpan(next, LineEnd(next) - next);
                var trimmed = line.TrimStart("\t ");
                if (frame.InSubstitution && trimmed.Length > document.Mark.Length && trimmed.StartsWith(document.Mark)
                    && trimmed[document.Mark.Length] is ')' or ' ' or '\t')
                {
                    Problem(next, $"shells do not agree on whether this line ends the here-document '{document.Mark}'; "
                        + "write the end mark alone in its line, and ')' in the next");
                }

                if (isClosed = (document.Tabs ? line.TrimStart('\t') : line).SequenceEqual(document.Mark))
                {
                    break;
                }

                end = next = Math.Min(_end, next + line.Length + 1);
            }

            if (!isClosed)
            {
                Problem(document.Start, $"the here-document has no end mark; write '{document.Mark}' alone in a line behind its text");
            }

            var joined = document.Quoted ? -1 : _text.IndexOf("\\\n", _at, end - _at, StringComparison.Ordinal);
            if (joined >= 0)
            {
                Problem(joined, "a line of a here-document ends in a backslash, so that the shell joins the next to it, be that the end mark; "
                    + "write it in one line");
            }

            if (document.Quoted || _depth == Deepest || frame.NoTemplates is not null || document.Reads is not null)
            {
                Verbatim(end, document.Quoted
                    ? "stands in a here-document whose end mark is quoted, where the shell replaces nothing; "
                        + "leave the quotes off the mark, as in <<EOF"
                    : document.Reads ?? frame.NoTemplates
                        ?? "stands in a here-document within too much else; give the value a name before, as in x=\"{{ … }}\", and use that");
            }
            else
            {
                new ShellReader(_text, _at, end, _script, _templates, Names, _numbers, Problems, ShellPlace.Document, _depth + 1).Read();
                _at = end;
            }

            Copy(LineEnd(_at) - _at);
            Copy(_at < _end ? 1 : 0);
        }
    }

    private void Verbatim(int end, string why)
    {
        for (var at = _text.IndexOf("{{", _at, end - _at, StringComparison.Ordinal); at >= 0;
            at = _text.IndexOf("{{", at + 2, end - at - 2, StringComparison.Ordinal))
        {
            if (TemplateAt(at) is { IsMeant: true } template)
            {
                Problem(at, $"'{Shown(template)}' {why}");
            }
        }

        Copy(end - _at);
    }

    private readonly record struct HereDocument(string Mark, bool Tabs, bool Quoted, int Start, string? Reads);
}
