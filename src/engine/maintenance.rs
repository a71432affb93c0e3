//! What is done without being asked: sweep, rotate, write down what was counted.
