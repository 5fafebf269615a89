"""What speaks for and against a sentence in the text it cites; ``rag.grounding`` puts it together.

``figures``   numbers with their unit and magnitude, and dates, as values to compare
``reading``   a text taken apart once: sentences, words, figures, vectors of words in context
``polarity``  negation, opposites, quantifiers, comparatives
``places``    is each name and figure where the source has it, or does another belong there?
``features``  all of it as a row of numbers
``trees``     the small trained model that turns the row into a probability
"""
