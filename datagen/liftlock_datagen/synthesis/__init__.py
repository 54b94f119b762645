"""Synthetic rows from the schema alone: planned by pure functions, made in blocks, loaded in one transaction.

The modules, in the order in which a load passes through them:

- What is asked for, and the plan: request, plan, plan_data, drafting, row_counts, describe.
- What CHECKs say: checks, check_demands, demands, limits, orders, patterns, regular; read_expressions, expression_tokens, expressions,
  typed_constants.
- Columns that CHECKs tie together: joint, solving, drawn_row, domains, evaluate, sql_functions, sql_values, dice.
- What a column holds: columns, subjects, families, semantics, meanings, text_columns, names_of_rows, person_makers, technical_types,
  structures, sampling.
- How rows come to differ: differences, keys, key_designs, designs, partitions, pieces_of_keys.
- How rows refer to one another: links, agreeing, matching.
- How records agree: coherence, agreement, lifecycle, lines, totals, regrouping.
- The shape of a profile: shaping, pieces, groups, spreads.
- From row numbers to values: draws, sources, forms, generators, generate, texts, technical_texts, word_tables.
- Into the database: renewal, load, copying, marker.
"""
